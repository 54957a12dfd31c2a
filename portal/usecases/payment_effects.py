"""What a paid order sets going, by its kind: each further kind registers its effect here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.orders import OrderKind
from portal.store.orders import Order, OrderLine
from portal.store.outbox import enqueue_for_each
from portal.store.payments import Payment
from portal.usecases import auto_renewal_effects, credit_effects, notices, returned_charges, space_effects

Effect = Callable[[Session, Order, datetime], None]
"""Writes down, in the transaction of the payment, what shall happen because of it."""


def take_effect(session: Session, order: Order, now: datetime) -> None:
    """Set going what the order bought; its caller has made it paid, under its lock."""
    EFFECTS[order.kind](session, order, now)


def leave_credit(session: Session, payment: Payment, *, now: datetime) -> None:
    """Keep money that paid no order for the customer, and say so: late, double, wrong or of no order.

    A charge of a stored method whose order was cancelled meanwhile goes back. Source: domain.md 5 (4), 6.
    """
    charge = returned_charges.unwanted_charge(session, payment)
    if charge is not None:
        returned_charges.send_back(session, payment, charge, now=now)
        return
    until = credit_effects.keep_leftover(session, payment, now=now)
    notices.money_unapplied(session, payment, until, now=now)


def _renew(session: Session, order: Order, now: datetime) -> None:
    """Make each line work for a worker."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order.id, OrderLine.is_open)
    enqueue_for_each(session, "platform.renew", "order_line_id", lines, now=now)
    notices.payment_registered(session, order, now=now)
    auto_renewal_effects.order_paid(session, order, now=now)


EFFECTS: Mapping[OrderKind, Effect] = MappingProxyType(
    {
        OrderKind.RENEWAL: _renew,
        OrderKind.TOP_UP: credit_effects.fill_wallet,
        OrderKind.EXTRA_SPACE: space_effects.set_up_later,
    }
)
