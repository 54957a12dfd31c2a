"""«Cambia metodo»: paying an order that waits for money in another way, by the same rules of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound, OrderNotPayable
from portal.domain.orders import OrderKind, is_payable
from portal.domain.payments import SLOW_METHODS, BankCalendar, PaymentMethod
from portal.store import order_facts, order_queries
from portal.store.orders import Order
from portal.usecases import declarations, notices
from portal.usecases.draft_payments import OFFERED_METHODS, MethodOffer, check_in_time, offer_of

TOP_UP_METHODS: Sequence[PaymentMethod] = (PaymentMethod.CARD,)
"""Credit is bought by card only. Source: domain.md 7.3."""


@dataclass(frozen=True, slots=True)
class OrderMethods:
    """The ways in which one order can be paid today."""

    order: Order
    offers: Sequence[MethodOffer]


def methods_for(order: Order) -> Sequence[PaymentMethod]:
    """Return what an order of this kind can be paid with at all."""
    if order.kind is not OrderKind.TOP_UP:
        return OFFERED_METHODS
    return [method for method in OFFERED_METHODS if method in TOP_UP_METHODS]


def look_at_methods(
    session: Session, subject: Subject, number: str, *, today: date, calendar: BankCalendar
) -> OrderMethods:
    """Return the ways to pay the subject's order. Raises NotFound, OrderNotPayable."""
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    _check_payable(order)
    groups = order_queries.expiry_groups_of(session, order.id)
    return OrderMethods(order, [offer_of(method, groups, today, calendar) for method in methods_for(order)])


def change_method(
    session: Session,
    subject: Subject,
    number: str,
    method: PaymentMethod,
    *,
    calendar: BankCalendar,
    now: datetime,
) -> Order:
    """Let the order be paid by another method, and write how; the same method changes nothing.

    Raises NotFound, OrderNotPayable, PaymentDeclared while money is said to be on its way, PaymentTooLate.
    Source: domain.md 5.
    """
    visible = order_queries.visible_order(session, subject, number)
    if visible is None:
        raise NotFound
    order = order_facts.locked_order(session, visible.id)
    _check_payable(order)
    if order.payment_method is method:
        return order
    declarations.check_undeclared(session, order)
    groups = order_queries.expiry_groups_of(session, order.id)
    check_in_time(offer_of(method, groups, rome_day(now), calendar))
    order.payment_method = method
    if method in SLOW_METHODS:
        notices.order_placed(session, order, calendar, milestone=f"by-{method}", now=now)
    return order


def _check_payable(order: Order) -> None:
    if not is_payable(order.state):
        raise OrderNotPayable(order.state)
