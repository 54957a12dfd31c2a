"""Auto-renewal of one expiry: what may follow what, and what it may cost; its days are `renewal_calendar`'s.

A cycle is the auto-renewal of one expiry. It begins with its announcement, and nothing is charged that was
not announced some days before. Source: domain.md 6, 15 (6), lessons.md L8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from portal.domain.money import Cents


class CycleState(StrEnum):
    """Where the auto-renewal of one expiry stands. Source: domain.md 6."""

    ANNOUNCED = "announced"
    ORDERED = "ordered"
    CHARGING = "charging"
    """A charge has been begun and nobody knows its outcome yet."""
    RETRY = "retry"
    DONE = "done"
    FAILED = "failed"
    """Nothing will be tried any more; the order can be paid by hand."""
    SKIPPED = "skipped"


_OUT = frozenset({CycleState.DONE, CycleState.FAILED, CycleState.SKIPPED})
CYCLE_MOVES: Mapping[CycleState, frozenset[CycleState]] = MappingProxyType(
    {
        CycleState.ANNOUNCED: frozenset({CycleState.ORDERED, CycleState.FAILED, CycleState.SKIPPED}),
        CycleState.ORDERED: _OUT | {CycleState.CHARGING},
        CycleState.CHARGING: _OUT | {CycleState.RETRY},
        CycleState.RETRY: _OUT | {CycleState.CHARGING},
        CycleState.DONE: frozenset(),
        CycleState.FAILED: frozenset({CycleState.DONE, CycleState.SKIPPED}),
        CycleState.SKIPPED: frozenset(),
    }
)
"""What may follow what; an expiry whose time has not come has no cycle yet. Source: domain.md 6."""

OPEN_CYCLES = frozenset({CycleState.ANNOUNCED, CycleState.ORDERED, CycleState.CHARGING, CycleState.RETRY})
CHARGEABLE = frozenset({CycleState.ORDERED, CycleState.RETRY})


class CycleEnd(StrEnum):
    """Why a cycle ended without a charge."""

    SWITCHED_OFF = "switched_off"
    ORDER_CANCELLED = "order_cancelled"
    RENEWED = "renewed"
    """The customer renewed by another order."""
    TOO_LATE = "too_late"
    """The expiry passed, and after it nothing is charged by itself."""
    OVER_MAXIMUM = "over_maximum"
    NOT_ANNOUNCED = "not_announced"
    """The announcement never left, or too late."""
    DATA_MISSING = "data_missing"
    """Nobody can be invoiced."""
    REFUSED = "refused"
    """Every try was refused."""


def term_to_renew(last_years: int | None, offered: Sequence[int]) -> int | None:
    """Return for how many years to renew: as last time, else one, else the shortest; None: none is sold.

    Source: domain.md 6 «Term».
    """
    for years in (last_years, 1):
        if years in offered:
            return years
    return min(offered, default=None)


def is_within(amount_cents: Cents, maximum_cents: Cents | None) -> bool:
    """Say whether a charge keeps below the customer's own maximum for one mailbox, if there is one."""
    return maximum_cents is None or amount_cents <= maximum_cents
