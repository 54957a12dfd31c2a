"""The states of an order and of its lines, and the moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from portal.domain.payments import PaymentMethod


class OrderKind(StrEnum):
    """What an order buys; money reaches each kind by its number. Source: domain.md 5, 7.3, 8.4."""

    RENEWAL = "renewal"
    EXTRA_SPACE = "extra_space"
    TOP_UP = "top_up"


class OrderState(StrEnum):
    """Where an order stands. Source: domain.md 5."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CREDITED = "credited"
    REFUNDED = "refunded"
    WITHDRAWN = "withdrawn"


class LineState(StrEnum):
    """Where the renewal of one mailbox stands; each line has its own fate."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    REFUSED = "refused"
    WITHDRAWING = "withdrawing"
    """Renewed, and being taken back."""
    WITHDRAWN = "withdrawn"


ORDER_MOVES: Mapping[OrderState, frozenset[OrderState]] = MappingProxyType(
    {
        OrderState.AWAITING_PAYMENT: frozenset({OrderState.PAID, OrderState.CANCELLED, OrderState.EXPIRED}),
        OrderState.PAID: frozenset(
            {OrderState.FULFILLED, OrderState.CREDITED, OrderState.REFUNDED, OrderState.WITHDRAWN}
        ),
        OrderState.FULFILLED: frozenset({OrderState.WITHDRAWN}),
        OrderState.CANCELLED: frozenset(),
        OrderState.EXPIRED: frozenset(),
        OrderState.CREDITED: frozenset(),
        OrderState.REFUNDED: frozenset(),
        OrderState.WITHDRAWN: frozenset(),
    }
)
"""What may follow what; there is no way back. Source: domain.md 5."""

LINE_MOVES: Mapping[LineState, frozenset[LineState]] = MappingProxyType(
    {
        LineState.WAITING: frozenset({LineState.IN_PROGRESS, LineState.REFUSED, LineState.WITHDRAWN}),
        LineState.IN_PROGRESS: frozenset(
            {LineState.WAITING, LineState.FULFILLED, LineState.REFUSED, LineState.WITHDRAWN}
        ),
        LineState.FULFILLED: frozenset({LineState.WITHDRAWING}),
        LineState.REFUSED: frozenset({LineState.WITHDRAWN}),
        LineState.WITHDRAWING: frozenset({LineState.WITHDRAWN}),
        LineState.WITHDRAWN: frozenset(),
    }
)
"""A line in progress goes back to waiting when the platform could not be reached."""

OPEN_STATES = frozenset({OrderState.AWAITING_PAYMENT, OrderState.PAID})
"""While an order is in one of these, its mailboxes cannot be ordered again. Source: domain.md 5 (1)."""


def can_move(before: OrderState, after: OrderState) -> bool:
    """Say whether an order may go from one state to the other. Source: domain.md 5."""
    return after in ORDER_MOVES[before]


def can_move_line(before: LineState, after: LineState) -> bool:
    """Say whether a line may go from one state to the other."""
    return after in LINE_MOVES[before]


def is_open(state: OrderState) -> bool:
    """Say whether the order still holds its mailboxes."""
    return state in OPEN_STATES


def may_pay_by(kind: OrderKind, method: PaymentMethod) -> bool:
    """Say whether an order of that kind may be paid so: credit is bought by card only.

    Source: domain.md 7.3.
    """
    return kind is not OrderKind.TOP_UP or method is PaymentMethod.CARD


def is_payable(state: OrderState) -> bool:
    """Say whether «Paga» exists. Source: domain.md 5."""
    return can_move(state, OrderState.PAID)


def is_cancellable(state: OrderState) -> bool:
    """Say whether «Annulla» exists. Source: domain.md 5."""
    return can_move(state, OrderState.CANCELLED)
