"""Money that arrives: one door from an amount to its effect, whoever knocks. Source: lessons.md 4 (3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.errors import OrderNumberInvalid
from portal.domain.history import Deed
from portal.domain.money import Cents
from portal.domain.order_numbers import normalise_order_number
from portal.domain.orders import OrderKind, OrderState, is_payable
from portal.domain.payments import REGISTRATION_TIMES, PaymentMethod, PaymentState
from portal.domain.vat import vat_rate_on
from portal.failpoints import Failpoint, reach
from portal.store import order_facts
from portal.store.attempts import move_attempt
from portal.store.orders import Order
from portal.store.payments import Payment
from portal.usecases import history, payment_effects

CURRENCY = "EUR"


class Outcome(StrEnum):
    """What became of an amount."""

    APPLIED = "applied"
    REPEATED = "repeated"
    UNAPPLIED = "unapplied"


class UnappliedReason(StrEnum):
    """Why an amount paid no order. Source: domain.md 5 (4)."""

    UNKNOWN_ORDER = "unknown_order"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_AMOUNT = "wrong_amount"
    ALREADY_PAID = "already_paid"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_EXPIRED = "order_expired"


_CLOSED_BY = {
    OrderState.CANCELLED: UnappliedReason.ORDER_CANCELLED,
    OrderState.EXPIRED: UnappliedReason.ORDER_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that arrived, as the bank, the gateway or the operator tells it."""

    number: str
    """The order number as it was read; case and spaces do not matter."""
    amount_cents: Cents
    paid_on: date
    method: PaymentMethod
    reference: str
    """Together with the method it is the identity of this amount: registering it again changes nothing."""
    currency: str = CURRENCY
    remittance: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of an amount, with the payment that stands for it and the order it named."""

    outcome: Outcome
    payment: Payment
    order: Order | None


@dataclass(frozen=True, slots=True)
class Owed:
    """What the operator owes for the mailboxes of a paid order that could not be renewed."""

    order: Order
    refused_count: int
    owed_cents: Cents


def register_payment(
    session: Session,
    number: str,
    amount_cents: Cents,
    paid_on: date,
    method: PaymentMethod,
    reference: str,
    *,
    now: datetime,
) -> Settlement:
    """Settle an amount that the operator read from a statement or a slip."""
    return settle(session, Money(number, amount_cents, paid_on, method, reference), now=now)


def settle(session: Session, money: Money, *, now: datetime) -> Settlement:
    """Pay the order if amount and state are exactly right; keep the money in any case, once.

    The same (method, reference) again is a quiet success that returns the first result. Everything that does
    not fit is kept as unapplied, with its reason and a mail to the customer. Source: domain.md 5 (4, 6).
    """
    order = _locked(session, money.number)
    known = _known(session, money)
    if known is not None:
        return known
    reason = why_unapplied(order, money)
    payment = _record(session, order, money, reason, now)
    if payment is None:
        return _known_to_another(session, money)
    reach(Failpoint.PAYMENT_RECORDED)
    owner = history.owner_subject(order.account_id, order.mailbox_id) if order else None
    history.record(session, Deed.PAYMENT_REGISTERED, owner, now=now, about=money.number)
    if money.method in GATEWAY_METHODS:
        move_attempt(session, money.reference, payment.state, ended_at=now, page_url="")
    if order is None or reason is not None:
        payment_effects.leave_credit(session, payment, now=now)
        return Settlement(Outcome.UNAPPLIED, payment, order)
    _pay(session, order, now)
    reach(Failpoint.PAYMENT_APPLIED)
    return Settlement(Outcome.APPLIED, payment, order)


def pay_nothing(session: Session, order: Order, *, now: datetime) -> None:
    """Let an order take effect that costs nothing. Raises ValueError for one that does."""
    if order.due_cents or not is_payable(order.state):
        raise ValueError(f"order {order.number} is not free")
    _pay(session, order, now)


def why_unapplied(order: Order | None, money: Money) -> UnappliedReason | None:
    """Return why this money does not pay this order, or None if it does, to the cent."""
    if order is None:
        return UnappliedReason.UNKNOWN_ORDER
    if not is_payable(order.state):
        return _CLOSED_BY.get(order.state, UnappliedReason.ALREADY_PAID)
    if money.currency != CURRENCY:
        return UnappliedReason.WRONG_CURRENCY
    return None if money.amount_cents == order.due_cents else UnappliedReason.WRONG_AMOUNT


def unapplied_payments(session: Session, *, limit: int) -> Sequence[tuple[Payment, Order | None]]:
    """Return the money that paid nothing, the newest first, with the order it named."""
    rows = session.execute(
        select(Payment, Order)
        .outerjoin(Order, Order.id == Payment.order_id)
        .where(Payment.state == PaymentState.UNAPPLIED)
        .order_by(Payment.id.desc())
        .limit(limit)
    )
    return [(payment, order) for payment, order in rows]


def owed_money(session: Session, *, limit: int) -> Sequence[Owed]:
    """Return the paid orders with mailboxes that could not be renewed, and what is owed for those."""
    return [
        Owed(order, count, order_facts.owed_for(order, refused_net))
        for order, count, refused_net in order_facts.orders_with_refusals(session, limit=limit)
    ]


def _locked(session: Session, number: str) -> Order | None:
    try:
        return order_facts.locked_order_by_number(session, normalise_order_number(number))
    except OrderNumberInvalid:
        return None


def _known(session: Session, money: Money) -> Settlement | None:
    payment = session.scalar(
        select(Payment).where(Payment.method == money.method, Payment.reference == money.reference)
    )
    if payment is None:
        return None
    order = session.get(Order, payment.order_id) if payment.order_id else None
    return Settlement(Outcome.REPEATED, payment, order)


def _known_to_another(session: Session, money: Money) -> Settlement:
    known = _known(session, money)
    assert known is not None
    return known


def _record(
    session: Session, order: Order | None, money: Money, reason: UnappliedReason | None, now: datetime
) -> Payment | None:
    """Return the payment, or None when another transaction has just recorded the same money."""
    immediate = REGISTRATION_TIMES[money.method].is_immediate
    applied = PaymentState.SUCCEEDED if immediate else PaymentState.REGISTERED
    payment = Payment(
        order_id=order.id if order else None,
        method=money.method,
        reference=money.reference,
        state=PaymentState.UNAPPLIED if reason else applied,
        amount_cents=money.amount_cents,
        currency=money.currency,
        paid_on=money.paid_on,
        registered_at=now,
        unapplied_reason=reason,
        remittance=money.remittance or money.number[:140],
        vat_rate_differs=_vat_rate_differs(order, money),
    )
    try:
        with session.begin_nested():
            session.add(payment)
    except IntegrityError:
        return None
    return payment


def _vat_rate_differs(order: Order | None, money: Money) -> bool:
    """Say whether accounting has to look; a top-up carries no VAT at all. Source: domain.md 8.3, 15 (8)."""
    if order is None or order.kind is OrderKind.TOP_UP:
        return False
    return vat_rate_on(money.paid_on) != order.vat_rate


def _pay(session: Session, order: Order, now: datetime) -> None:
    order.state = OrderState.PAID
    order.paid_at = now
    session.flush()
    payment_effects.take_effect(session, order, now)
