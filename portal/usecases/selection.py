"""The account's selection: tick, select what expires, clear, count and price, say what is left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.conventions import Membership
from portal.domain.dates import add_months
from portal.domain.errors import ConventionNotPayable, NotFound, PlanNotOffered, PriceMissing, TermNotOffered
from portal.domain.listing import Page, Place, one_page
from portal.domain.plans import Plan
from portal.domain.pricing import quote
from portal.domain.renewability import NotRenewable
from portal.store import selections
from portal.store.conventions import membership_of
from portal.store.overview import Overview, overview

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SelectionBar:
    """How many mailboxes are selected and what they cost as they are, for a year or a convention's term."""

    count: int
    net_cents: int | None
    """None when the price list cannot say: an item has no price today, or none for one year."""
    in_convention: bool = False
    """Whether some of them are in a convention, and so for its term."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """What selecting by months did."""

    months: int
    until: date
    added: int
    left_out: Mapping[NotRenewable, int]

    @property
    def left_out_count(self) -> int:
        return sum(self.left_out.values())


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One mailbox that expires in time and cannot be selected."""

    address: str
    plan: Plan
    expires_on: date
    reason: NotRenewable
    membership: Membership | None


@dataclass(frozen=True, slots=True)
class LeftOutPage:
    """One page of the left-out mailboxes, by expiry."""

    until: date
    page: Page[LeftOut]


def change(
    session: Session,
    subject: Subject,
    shown: Collection[int],
    ticked: Collection[int],
    *,
    today: date,
    now: datetime,
) -> None:
    """Make the selection of the `shown` mailboxes what `ticked` says; the other pages stay as they are.

    A mailbox that cannot be renewed is not selected. Raises NotFound, with nothing changed, when one
    of them is not the account's. Source: product.md 3.2, hardening.md S04.
    """
    account_id = account_of(subject)
    theirs = {*shown, *ticked}
    if not selections.all_are_of(session, account_id, theirs):
        log.warning("foreign_mailboxes_in_selection", account_id=account_id, posted=len(theirs))
        raise NotFound
    selections.unselect_these(session, account_id, theirs.difference(ticked))
    selections.select_these(session, account_id, ticked, today=today, now=now)


def select_expiring(
    session: Session, subject: Subject, months: int, *, today: date, now: datetime
) -> Expiring:
    """Add all the account's renewable mailboxes that expire by today + `months`, suspended ones too.

    What was selected by hand stays. Source: product.md 3.2, lessons.md L1.
    """
    account_id = account_of(subject)
    until = add_months(today, months)
    added = selections.select_expiring(session, account_id, until, today=today, now=now)
    return Expiring(months, until, added, selections.left_out_counts(session, account_id, until, today))


def clear(session: Session, subject: Subject) -> None:
    """Empty the account's selection."""
    selections.unselect_all(session, account_of(subject))


def look(session: Session, subject: Subject, *, today: date) -> SelectionBar:
    """Return the selection bar."""
    return bar_of(overview(session, account_of(subject), today))


def left_out(
    session: Session, subject: Subject, months: int, place: Place | None, *, today: date
) -> LeftOutPage:
    """Return one page of the mailboxes that selecting by months leaves out, each with its reason."""
    until = add_months(today, months)
    found = selections.left_out_rows(session, account_of(subject), until, place, today)
    rows = [
        LeftOut(row.address, row.plan, row.expires_on, NotRenewable(row.reason), membership_of(row))
        for row in found
    ]
    return LeftOutPage(until, one_page(rows, place))


def bar_of(around: Overview) -> SelectionBar:
    """Return the selection bar from what surrounds the list. Source: domain.md 8.2."""
    count = sum(number for _choice, number in around.selected)
    in_convention = any(choice.convention for choice, _number in around.selected)
    try:
        net_cents = quote(around.selected, around.prices, day=around.prices.day).net_cents
    except (PriceMissing, TermNotOffered, PlanNotOffered, ConventionNotPayable):
        return SelectionBar(count, None, in_convention)
    return SelectionBar(count, net_cents, in_convention)


def account_of(subject: Subject) -> int:
    """Return the subject's account; raises NotFound for a mailbox's own session, which has no list."""
    if subject.account_id is None:
        raise NotFound
    return subject.account_id
