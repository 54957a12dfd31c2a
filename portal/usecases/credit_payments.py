"""Paying an order from credit: all or nothing, at once, by the one door that all money takes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.credit_errors import CreditNotForTopUp, PaymentUnderWay
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound, OrderNotPayable
from portal.domain.orders import OrderKind, is_payable
from portal.domain.payments import PaymentMethod
from portal.failpoints import Failpoint, reach
from portal.store import attempts, locks, order_facts, order_queries
from portal.store.orders import Order
from portal.usecases import credit_access, declarations, wallets
from portal.usecases.payments import Money, Outcome, settle
from portal.usecases.wallets import Why


def pay_from_credit(session: Session, subject: Subject, number: str, *, now: datetime) -> Order:
    """Pay the subject's order from their own wallet; paid already from credit is a quiet success.

    Raises NotFound, NotAllowed, OrderNotPayable, CreditNotForTopUp, PaymentDeclared, PaymentUnderWay,
    CreditTooSmall; then nothing is paid. Source: domain.md 7.3, C20.
    """
    credit_access.check_may_use(session, subject)
    locks.lock_owner(session, subject)
    visible = order_queries.visible_order(session, subject, number)
    if visible is None:
        raise NotFound
    order = order_facts.locked_order(session, visible.id)
    if not is_payable(order.state):
        if order.payment_method is PaymentMethod.CREDIT and order.paid_at is not None:
            return order
        raise OrderNotPayable(order.state)
    _check_free(session, order)
    spend_on(session, subject, order, now=now)
    return order


def spend_on(session: Session, subject: Subject, order: Order, *, now: datetime) -> None:
    """Pay an order that waits for money, under its lock, from the subject's wallet.

    Raises CreditTooSmall, and OrderNotPayable should the one door not let it through.
    """
    cents = order.due_cents
    why = Why(PostingKind.PURCHASE, order.number, order.id)
    wallets.take_out(session, subject, why, cents, LedgerAccount.REVENUE, now=now)
    reach(Failpoint.CREDIT_TAKEN)
    order.payment_method = PaymentMethod.CREDIT
    reference = f"credit:{order.number}"
    money = Money(order.number, cents, rome_day(now), PaymentMethod.CREDIT, reference)
    if settle(session, money, now=now).outcome is not Outcome.APPLIED:
        raise OrderNotPayable(order.state)


def pay_if_enough(session: Session, subject: Subject, order: Order, *, now: datetime) -> None:
    """Pay a new order that shall be paid from credit; with too little it waits for a top-up. Source: C20."""
    if order.payment_method is not PaymentMethod.CREDIT or not order.due_cents:
        return
    credit_access.check_may_use(session, subject)
    if wallets.balance_of(session, subject, today=rome_day(now)) >= order.due_cents:
        spend_on(session, subject, order, now=now)


def check_and_spend(session: Session, subject: Subject, order: Order, *, now: datetime) -> None:
    """Do the same for an order that was just placed. Raises NotAllowed, CreditTooSmall."""
    credit_access.check_may_use(session, subject)
    spend_on(session, subject, order, now=now)


def _check_free(session: Session, order: Order) -> None:
    if order.kind is OrderKind.TOP_UP:
        raise CreditNotForTopUp
    declarations.check_undeclared(session, order)
    attempt = attempts.open_attempt(session, order.id)
    if attempt is not None and not attempt.page_url:
        raise PaymentUnderWay
