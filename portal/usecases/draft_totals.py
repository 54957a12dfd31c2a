"""A draft as a whole: what it costs, how many mailboxes it renews, what is left out and what is to fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import DraftClosed, NotFound
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, Quote, quote
from portal.domain.renewability import NotRenewable
from portal.store.draft_changes import next_version
from portal.store.draft_queries import DraftFacts, DraftGroup, draft_by_groups
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.orders import Order
from portal.store.prices import prices_on
from portal.store.scope import own_drafts
from portal.usecases.draft_lines import quote_or_none


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a draft."""

    version: int
    mailboxes: int
    """How many would be ordered, once nothing is to fix."""
    quote: Quote
    """What those cost; a choice that is not sold has no price and does not count."""
    to_fix: int
    """Mailboxes whose choice does not fit or is not sold: they stop the wizard until somebody decides."""
    left_out: Mapping[NotRenewable, int]
    """Mailboxes that cannot be renewed any more: shown, and not ordered."""
    unsold: frozenset[Choice]
    terms: Sequence[int]
    """The different years of what is renewed."""
    agreed_only: bool
    """Whether conventions have fixed all there is: nothing of plan and term is left to choose."""

    @property
    def left_out_count(self) -> int:
        return sum(self.left_out.values())

    @property
    def in_draft(self) -> int:
        """Return how many mailboxes the draft holds, whatever stands against them."""
        return self.mailboxes + self.left_out_count

    @property
    def can_go_on(self) -> bool:
        return self.mailboxes > 0 and not self.to_fix


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft that can be worked on, with its sums, the prices of the day and the extras on offer."""

    facts: DraftFacts
    totals: Totals
    prices: PriceList
    pieces: Mapping[str, int] = field(default_factory=dict)
    """How many pieces of each extra on offer are taken, by code, those of which there are none too."""

    @property
    def offers_extras(self) -> bool:
        return bool(self.prices.extras)


def look_at_draft(session: Session, subject: Subject, public_id: str, *, today: date) -> OpenDraft:
    """Return the subject's open draft, priced by today's list. Raises NotFound, DraftClosed.

    Two statements, however many lines. Source: hardening.md P03.
    """
    found = draft_by_groups(session, subject, public_id, today)
    if found is None:
        raise NotFound
    facts, groups = found
    if facts.state is not DraftState.OPEN:
        raise draft_closed(session, subject, public_id)
    prices = prices_on(session, today)
    pieces = {code: facts.pieces.get(code, 0) for code in prices.extras}
    return OpenDraft(facts, totals_of(facts, groups, prices), prices, pieces)


def totals_now(session: Session, subject: Subject, public_id: str, prices: PriceList) -> Totals:
    """Return the sums of an open draft by these prices. Raises NotFound."""
    found = draft_by_groups(session, subject, public_id, prices.day)
    if found is None:
        raise NotFound
    return totals_of(*found, prices)


def totals_of(facts: DraftFacts, groups: Sequence[DraftGroup], prices: PriceList) -> Totals:
    """Return the sums over the groups and the extras still on offer; the price never goes line by line.

    Source: domain.md 8.2.
    """
    renewable = [group for group in groups if group.not_renewable is None]
    unsold = frozenset(group.choice for group in renewable if quote_or_none(group.choice, prices) is None)
    sold = [group for group in renewable if group.choice not in unsold]
    fit = [group for group in sold if group.problem is None]
    left_out: Counter[NotRenewable] = Counter()
    for group in groups:
        if group.not_renewable is not None:
            left_out[group.not_renewable] += group.lines
    mailboxes = sum(group.lines for group in renewable)
    return Totals(
        version=facts.version,
        mailboxes=mailboxes,
        quote=quote(
            [(group.choice, group.lines) for group in sold],
            prices,
            day=prices.day,
            split_payment=facts.split_payment,
            extras={code: count for code, count in facts.pieces.items() if code in prices.extras},
        ),
        to_fix=mailboxes - sum(group.lines for group in fit),
        left_out=left_out,
        unsold=unsold,
        terms=sorted({group.choice.years for group in sold}),
        agreed_only=bool(renewable) and all(group.choice.convention for group in renewable),
    )


def claim_change(session: Session, subject: Subject, public_id: str, now: datetime) -> tuple[int, int]:
    """Count a change of the open draft; return its id and new version. Raises NotFound, DraftClosed."""
    claimed = next_version(session, subject, public_id, now)
    if claimed is None:
        raise draft_closed(session, subject, public_id)
    return claimed


def draft_closed(session: Session, subject: Subject, public_id: str) -> DraftClosed | NotFound:
    """Return the refusal for a draft that is not open: its order, where it became one."""
    row = session.execute(
        select(RenewalDraft.id, Order.number)
        .outerjoin(Order, Order.draft_id == RenewalDraft.id)
        .where(RenewalDraft.public_id == public_id, own_drafts(subject))
    ).one_or_none()
    return DraftClosed(row.number) if row else NotFound()
