"""«Ho pagato»: what customers say they have sent, and what then needs a second word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.dates import rome_day
from portal.domain.errors import FieldProblem, NotFound, OrderNotPayable, PaymentDeclared
from portal.domain.orders import is_payable
from portal.domain.payments import SLOW_METHODS
from portal.store import order_facts, order_queries
from portal.store.declarations import PaymentDeclaration, declaration_of, withdraw_declaration
from portal.store.orders import Order


@dataclass(frozen=True, slots=True)
class Declared:
    """What the customer read on the receipt."""

    reference: str
    """CRO, TRN or VCYL, in capitals without spaces."""
    sent_on: date


def look_at_declaration(session: Session, subject: Subject, number: str) -> tuple[Order, Declared | None]:
    """Return the subject's order with what was declared for it. Raises NotFound, OrderNotPayable."""
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    _check_waiting(order)
    row = declaration_of(session, order.id)
    return order, Declared(row.reference, row.sent_on) if row else None


def declare_payment(
    session: Session, subject: Subject, number: str, declared: Declared, *, now: datetime
) -> Order:
    """Keep what the customer says to have sent; saying it again corrects it.

    It books nothing: only the bank's own word is money. Raises NotFound, OrderNotPayable, and FieldProblem
    for a day before the order or still to come. Source: domain.md 5 «Payment attempts».
    """
    order = _locked(session, subject, number)
    _check_waiting(order)
    _check_day(order, declared.sent_on, rome_day(now))
    row = declaration_of(session, order.id) or PaymentDeclaration(order_id=order.id)
    row.reference, row.sent_on, row.declared_at = declared.reference, declared.sent_on, now
    session.add(row)
    session.flush()
    return order


def withdraw(session: Session, subject: Subject, number: str) -> Order:
    """Forget the declaration of an order, if there is one. Raises NotFound."""
    order = _locked(session, subject, number)
    withdraw_declaration(session, order.id)
    return order


def check_undeclared(session: Session, order: Order) -> None:
    """Raise PaymentDeclared if the customer said that money is on its way. Source: domain.md 5 (5)."""
    declared = declaration_of(session, order.id)
    if declared is not None:
        raise PaymentDeclared(declared.sent_on)


def _locked(session: Session, subject: Subject, number: str) -> Order:
    visible = order_queries.visible_order(session, subject, number)
    if visible is None:
        raise NotFound
    return order_facts.locked_order(session, visible.id)


def _check_waiting(order: Order) -> None:
    if not is_payable(order.state) or order.payment_method not in SLOW_METHODS:
        raise OrderNotPayable(order.state)


def _check_day(order: Order, sent_on: date, today: date) -> None:
    if sent_on > today:
        raise FieldProblem("sent_on", "in_future")
    if sent_on < rome_day(order.placed_at):
        raise FieldProblem("sent_on", "before_order")
