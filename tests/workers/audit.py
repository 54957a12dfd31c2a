"""What must be true once everything has come to rest, whatever died on the way. Source: hardening.md 3.3."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select
from sqlalchemy.orm import Session

from portal.domain.orders import LineState, OrderState
from portal.domain.payments import PaymentState
from portal.store.mails import Mail, MailState
from portal.store.orders import Order, OrderLine, Renewal
from portal.store.outbox import OutboxRow, OutboxState
from portal.store.payments import Payment

PAID = (OrderState.PAID, OrderState.FULFILLED, OrderState.CREDITED)
IN_HAND = (OutboxState.QUEUED, OutboxState.CLAIMED)


def audit(session: Session, now: datetime) -> list[str]:
    """Return every contradiction in the data; an empty list is what a test wants."""
    return [
        *_each("row held beyond its lease", session, select(OutboxRow.key).where(*_overdue(now))),
        *_each(
            "mail neither sent nor given up, without work",
            session,
            select(Mail.key).where(
                Mail.state.in_([MailState.WAITING, MailState.SENDING]),
                (literal("mail.send:") + cast(Mail.id, String)).not_in(_unfinished_keys()),
            ),
        ),
        *_each(
            "paid order without exactly one payment",
            session,
            select(Order.number)
            .where(Order.state.in_(PAID))
            .outerjoin(Payment, (Payment.order_id == Order.id) & Payment.state.in_(_applied()))
            .group_by(Order.number)
            .having(func.count(Payment.id) != 1),
        ),
        *_each(
            "fulfilled line without a term, or a term without its line",
            session,
            select(OrderLine.id)
            .outerjoin(Renewal, Renewal.order_line_id == OrderLine.id)
            .where(
                OrderLine.state.in_([LineState.FULFILLED, LineState.WITHDRAWING]) != Renewal.id.is_not(None)
            ),
        ),
        *_each(
            "closed order with an open line, or open order without one",
            session,
            select(Order.number)
            .where(Order.state.in_(PAID))
            .where(
                (Order.state == OrderState.PAID)
                != select(OrderLine.id).where(OrderLine.order_id == Order.id, OrderLine.is_open).exists()
            ),
        ),
    ]


def _each(what: str, session: Session, query: Select[Any]) -> list[str]:
    return [f"{what}: {found}" for found in session.scalars(query)]


def _overdue(now: datetime) -> list[ColumnElement[bool]]:
    return [OutboxRow.state.in_(IN_HAND), OutboxRow.not_before < now]


def _unfinished_keys() -> Select[str]:
    done = (OutboxState.DONE, OutboxState.FAILED)
    return select(OutboxRow.key).where(OutboxRow.kind == "mail.send", OutboxRow.state.not_in(done))


def _applied() -> list[PaymentState]:
    return [PaymentState.SUCCEEDED, PaymentState.REGISTERED]
