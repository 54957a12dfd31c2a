"""Credit: what is put in, what is spent first, what lapses; all in whole cents, VAT included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain.credit_errors import CreditTooSmall, TopUpOutOfRange
from portal.domain.dates import add_months
from portal.domain.money import Cents

LEAST_TOP_UP: Cents = 500
MOST_TOP_UP: Cents = 50_000
"""Source: domain.md 7.3."""
LEFTOVER_MONTHS = 12
"""How long leftovers can be used; what was topped up does not lapse. Source: domain.md C9."""


class LedgerAccount(StrEnum):
    """Where an amount of the ledger stands. A credit balance is positive: what a wallet holds we owe."""

    WALLET = "wallet"
    CASH_IN = "cash_in"
    """What came in or went back by bank, post or gateway."""
    REVENUE = "revenue"
    """What orders earned."""
    UNCLAIMED = "unclaimed"
    """Money that names no order of ours: nobody's wallet is known."""
    ADJUSTMENTS = "adjustments"
    """What the operator gave or took, with a reason."""
    LAPSED = "lapsed"
    """Leftovers that nobody used in time."""


class PostingKind(StrEnum):
    """Why the ledger was written; with its source it is the key of a posting. Source: domain.md 7.3."""

    TOP_UP = "top_up"
    LEFTOVER = "leftover"
    UNCLAIMED = "unclaimed"
    REFUSED = "refused"
    """Mailboxes of a paid order that could not be renewed."""
    WITHDRAWAL = "withdrawal"
    """What goes back of an order that was paid from credit."""
    PURCHASE = "purchase"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"
    EXPIRY = "expiry"


REVERSIBLE = frozenset(
    {PostingKind.LEFTOVER, PostingKind.REFUSED, PostingKind.REFUND, PostingKind.ADJUSTMENT}
)
"""What an operator may have got wrong; what bought or paid something is never undone by itself."""


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of one amount put in; usable through `expires_on`, for ever where that is None."""

    id: int
    left_cents: Cents
    expires_on: date | None


def leftover_expires_on(day: date) -> date:
    """Return the last day on which money left over on `day` can be used. Source: domain.md C9."""
    return add_months(day, LEFTOVER_MONTHS)


def usable_cents(lots: Iterable[Lot], today: date) -> Cents:
    """Return what can be spent today."""
    return sum(lot.left_cents for lot in lots if is_usable(lot, today))


def is_usable(lot: Lot, today: date) -> bool:
    """Say whether the lot can still be spent today."""
    return lot.expires_on is None or lot.expires_on >= today


def draws(lots: Iterable[Lot], cents: Cents) -> list[tuple[int, Cents]]:
    """Return how much to take of which lot: the soonest to lapse first, then the oldest; all or nothing.

    Raises CreditTooSmall. Source: domain.md C9, C20.
    """
    taken: list[tuple[int, Cents]] = []
    missing = cents
    for lot in sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.id)):
        part = min(lot.left_cents, missing)
        if part:
            taken.append((lot.id, part))
            missing -= part
    if missing:
        raise CreditTooSmall(missing)
    return taken


def top_up_for(missing_cents: Cents) -> Cents:
    """Return the top-up to propose to whom so much is missing. Source: domain.md 7.3."""
    return min(max(missing_cents, LEAST_TOP_UP), MOST_TOP_UP)


def check_top_up(cents: Cents) -> None:
    """Raise TopUpOutOfRange for less than 5.00 or more than 500.00 euros. Source: domain.md 7.3."""
    if not LEAST_TOP_UP <= cents <= MOST_TOP_UP:
        raise TopUpOutOfRange(LEAST_TOP_UP, MOST_TOP_UP)
