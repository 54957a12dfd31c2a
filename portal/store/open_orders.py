"""The order that stands between a mailbox and a new renewal, out of the row of a statement."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.orders import is_payable
from portal.store.base import AnyRow
from portal.store.declarations import IS_DECLARED
from portal.store.orders import Order, OrderLine

OPEN_ORDER = (
    OrderLine.id.label("open_line_id"),
    Order.number.label("order_number"),
    Order.state.label("order_state"),
    IS_DECLARED.label("is_declared"),
)
"""What a statement asks that joins a mailbox with its open line and the line with its order."""


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """The order that stands between a mailbox and a new renewal. Source: domain.md C4."""

    number: str | None
    """None when the order is not the subject's to see."""
    payable: bool
    declared: bool = False
    """The customer said to have paid it: nobody is to pay it again."""


def open_order_of(row: AnyRow) -> OpenOrder | None:
    """Return the open order of a row with the columns `OPEN_ORDER`, or None."""
    if row.open_line_id is None:
        return None
    payable = row.order_state is not None and is_payable(row.order_state)
    return OpenOrder(row.order_number, payable, declared=payable and row.is_declared)
