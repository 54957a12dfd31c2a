"""How much credit the renewal of extra space will need, on pages and in mails. Source: domain.md 7.3, 12."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.credit import top_up_for
from portal.domain.extra_renewal import credit_milestone, extra_renewal_price
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.money import Cents, amounts
from portal.domain.space_purchase import GbPrices, SpaceWanted
from portal.domain.terms import new_expiry
from portal.domain.vat import vat_rate_on
from portal.store import credit_needs
from portal.store.base import AnyRow
from portal.store.credit_needs import SIZE
from portal.store.space_ends import DuePlace
from portal.usecases.space_offers import gb_prices, missing_price


@dataclass(frozen=True, slots=True)
class Need:
    """What renewing one mailbox's extra space needs of its owner's credit, and how much of it is missing."""

    row: AnyRow
    paid_until: date
    due_cents: Cents
    missing_cents: Cents

    @property
    def top_up_cents(self) -> Cents:
        return top_up_for(self.missing_cents)


def plan_needed(
    session: Session,
    cursor: DuePlace | None,
    *,
    today: date,
    now: datetime,
    extra_space_policy: ExtraSpacePolicy,
) -> tuple[int, DuePlace | None]:
    """Plan one piece of the notices about credit that is missing; return how many, and where to go on."""
    rows = credit_needs.renewed_from_credit(session, today, cursor)
    found = _needs(session, rows, extra_space_policy, today)
    short = [
        (need.row, milestone, need.missing_cents)
        for need in found
        if need.missing_cents and (milestone := credit_milestone(need.paid_until, today)) is not None
    ]
    count = credit_needs.plan_notices(session, short, now=now)
    more = len(rows) == SIZE
    return count, DuePlace(rows[-1].extra_paid_until, rows[-1].id) if more else None


def need_of(
    session: Session, subject: Subject, mailbox_id: int, *, policy: ExtraSpacePolicy, today: date
) -> Need | None:
    """Return what one mailbox's extra space will need; None where an order renews it or no price is known.

    How much is missing is told to whom the wallet belongs alone.
    """
    row = credit_needs.of_mailbox(session, mailbox_id, today)
    need = next(_needs(session, [row], policy, today), None) if row is not None else None
    if need is None or subject.account_id is not None or need.row.account_id is None:
        return need
    return replace(need, missing_cents=0)


def _needs(session: Session, rows: Sequence[AnyRow], policy: ExtraSpacePolicy, today: date) -> Iterator[Need]:
    """Yield the needs in the order of their days: what an earlier one takes is not there for a later one."""
    if not rows:
        return
    prices, rate = gb_prices(session, today), vat_rate_on(today)
    accounts = {row.account_id for row in rows if row.account_id is not None}
    boxes = {row.id for row in rows if row.account_id is None}
    left = defaultdict(int, credit_needs.usable_in(session, accounts, boxes, today))
    net = credit_needs.paying_net(session, accounts, boxes)
    for row in rows:
        owner = (row.account_id, None) if row.account_id is not None else (None, row.id)
        cents = _net_cents(row, policy, prices)
        if cents is None:
            continue
        due = amounts(cents, rate, split_payment=owner in net).due_cents
        missing = max(due - left[owner], 0)
        left[owner] = max(left[owner] - due, 0) if not missing else left[owner]
        yield Need(row, row.extra_paid_until, due, missing)


def _net_cents(row: AnyRow, policy: ExtraSpacePolicy, prices: GbPrices) -> Cents | None:
    held = SpaceWanted(row.extra_mailbox_gb, row.extra_archive_gb)
    if missing_price(prices, held) is not None:
        return None
    until = row.expires_on
    if until <= row.extra_paid_until:
        until = new_expiry(row.extra_paid_until, row.term_years)
    return extra_renewal_price(policy, row.extra_paid_until, until, held, prices).net_cents
