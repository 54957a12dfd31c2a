"""The moves of orders and lines: domain.md 5, every pair of states."""

from __future__ import annotations

from itertools import product

import pytest

from portal.domain.orders import (
    LineState,
    OrderState,
    can_move,
    can_move_line,
    is_cancellable,
    is_open,
    is_payable,
)

ORDER_MOVES = {
    "awaiting_payment -> paid",
    "awaiting_payment -> cancelled",
    "awaiting_payment -> expired",
    "paid -> fulfilled",
    "paid -> credited",
    "paid -> refunded",
    "paid -> withdrawn",
    "fulfilled -> withdrawn",
}
LINE_MOVES = {
    "waiting -> in_progress",
    "waiting -> refused",
    "in_progress -> waiting",
    "in_progress -> fulfilled",
    "in_progress -> refused",
    "waiting -> withdrawn",
    "in_progress -> withdrawn",
    "refused -> withdrawn",
    "fulfilled -> withdrawing",
    "withdrawing -> withdrawn",
}


@pytest.mark.parametrize(("before", "after"), list(product(OrderState, OrderState)))
def test_an_order_moves_as_drawn_and_not_otherwise(before: OrderState, after: OrderState) -> None:
    assert can_move(before, after) == (f"{before} -> {after}" in ORDER_MOVES)


@pytest.mark.parametrize(("before", "after"), list(product(LineState, LineState)))
def test_a_line_moves_as_drawn_and_not_otherwise(before: LineState, after: LineState) -> None:
    assert can_move_line(before, after) == (f"{before} -> {after}" in LINE_MOVES)


@pytest.mark.parametrize("state", OrderState)
def test_only_an_unpaid_order_can_be_paid_or_cancelled(state: OrderState) -> None:
    unpaid = state is OrderState.AWAITING_PAYMENT

    assert (is_payable(state), is_cancellable(state)) == (unpaid, unpaid)


@pytest.mark.parametrize("state", OrderState)
def test_an_order_holds_its_mailboxes_until_it_is_settled(state: OrderState) -> None:
    assert is_open(state) == (state in {"awaiting_payment", "paid"})
