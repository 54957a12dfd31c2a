"""Money on its way back through the gateway it came by: its states, and when the gateway is asked again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class RefundState(StrEnum):
    """Where one refund stands; never backwards. Source: hardening.md 3.2 (2)."""

    OPEN = "open"
    """Written down; the gateway may have heard of it, and its bank may still be at it."""
    DONE = "done"
    REFUSED = "refused"
    """The gateway will not do it: the operator sends the money another way."""
    UNKNOWN = "unknown"
    """It could not be asked for so long that a person has to look."""


REFUND_MOVES: Mapping[RefundState, frozenset[RefundState]] = MappingProxyType(
    {
        RefundState.OPEN: frozenset({RefundState.DONE, RefundState.REFUSED, RefundState.UNKNOWN}),
        RefundState.UNKNOWN: frozenset({RefundState.DONE, RefundState.REFUSED}),
        RefundState.REFUSED: frozenset({RefundState.DONE}),
        RefundState.DONE: frozenset(),
    }
)
"""What may follow what; what seemed refused may turn out to have gone back."""

ASKED_AGAIN = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
    timedelta(days=13),
)
"""How long after its beginning a refund that a bank is still at is asked about; the law gives 14 days."""


def can_move_refund(before: RefundState, after: RefundState) -> bool:
    """Say whether a refund may go from one state to the other."""
    return after in REFUND_MOVES[before]


def asked_again_after(number: int) -> timedelta | None:
    """Return when the question of that number (from 0) is due, or None after the last."""
    return ASKED_AGAIN[number] if number < len(ASKED_AGAIN) else None
