"""«Cambia metodo»: paying an order that waits for money in another way, by the same rules of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.credit_errors import PaymentUnderWay
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound, OrderNotPayable
from portal.domain.orders import is_payable, may_pay_by
from portal.domain.payments import SLOW_METHODS, BankCalendar, PaymentMethod
from portal.store import attempts, order_facts, order_queries
from portal.store.orders import Order
from portal.usecases import credit_pages, declarations, notices
from portal.usecases.credit_pages import CreditOffer
from portal.usecases.draft_payments import OFFERED_METHODS, MethodOffer, check_in_time, offer_of


@dataclass(frozen=True, slots=True)
class OrderMethods:
    """The ways in which one order can be paid today."""

    order: Order
    offers: Sequence[MethodOffer]
    credit: CreditOffer | None


def methods_for(
    order: Order, gateways: Sequence[PaymentMethod], *, has_credit: bool
) -> Sequence[PaymentMethod]:
    """Return what an order can be paid with: what the operator's gateways take, by hand, from credit."""
    credit = [PaymentMethod.CREDIT] if has_credit else []
    return [method for method in [*gateways, *OFFERED_METHODS, *credit] if may_pay_by(order.kind, method)]


def look_at_methods(
    session: Session,
    subject: Subject,
    number: str,
    *,
    today: date,
    calendar: BankCalendar,
    gateways: Sequence[PaymentMethod] = (),
) -> OrderMethods:
    """Return the ways to pay the subject's order. Raises NotFound, OrderNotPayable."""
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    _check_payable(order)
    groups = order_queries.expiry_groups_of(session, order.id)
    credit = credit_pages.offer_for_order(session, subject, order, today=today)
    has_credit = credit is not None and credit.balance_cents > 0
    methods = methods_for(order, gateways, has_credit=has_credit)
    return OrderMethods(order, [offer_of(method, groups, today, calendar) for method in methods], credit)


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

    Raises NotFound, OrderNotPayable, PaymentDeclared while money is said to be on its way, PaymentUnderWay
    while an attempt by another method is open (`till.make_way` asks and closes it), PaymentTooLate.
    Source: domain.md 5, lessons.md 1 (9).
    """
    visible = order_queries.visible_order(session, subject, number)
    if visible is None:
        raise NotFound
    order = order_facts.locked_order(session, visible.id)
    _check_payable(order)
    if order.payment_method is method:
        return order
    declarations.check_undeclared(session, order)
    attempt = attempts.open_attempt(session, order.id)
    if attempt is not None and attempt.method is not method:
        raise PaymentUnderWay
    groups = order_queries.expiry_groups_of(session, order.id)
    check_in_time(offer_of(method, groups, rome_day(now), calendar))
    order.payment_method = method
    if method in SLOW_METHODS:
        notices.order_placed(session, order, calendar, milestone=f"by-{method}", now=now)
    return order


def _check_payable(order: Order) -> None:
    if not is_payable(order.state):
        raise OrderNotPayable(order.state)
