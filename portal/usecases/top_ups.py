"""Buying credit: an order without VAT, paid by card, whose effect is the credit. Source: domain.md 7.3."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.credit import check_top_up
from portal.domain.history import Deed
from portal.domain.money import Cents, amounts
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderKind, OrderState
from portal.domain.payments import PaymentMethod
from portal.store import locks, order_queries
from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.scope import visible_orders
from portal.usecases import credit_access, history

NO_VAT = Decimal(0)
"""VAT is due on what the credit buys. Source: domain.md 15 (8)."""


def place_top_up(
    session: Session, subject: Subject, cents: Cents, *, return_path: str | None = None, now: datetime
) -> Order:
    """Return the subject's order for so much credit; the unpaid one of the same amount, if there is one.

    Once paid it leads back to `return_path`, a path of ours that the caller has checked (S32).
    Raises NotAllowed, TopUpOutOfRange. VAT is due on what the credit buys. Source: domain.md 7.3, 15 (8).
    """
    credit_access.check_may_use(session, subject)
    check_top_up(cents)
    locks.lock_owner(session, subject)
    unpaid = session.scalar(
        select(Order)
        .where(visible_orders(subject), Order.kind == OrderKind.TOP_UP, Order.due_cents == cents)
        .where(Order.state == OrderState.AWAITING_PAYMENT)
        .order_by(Order.id.desc())
        .limit(1)
    )
    order = unpaid or _stored(session, subject, cents, now)
    order.return_path = return_path
    return order


def way_back(session: Session, subject: Subject, number: str) -> str | None:
    """Return where a paid top-up leads back to; None where it is no such order, or unpaid."""
    order = order_queries.visible_order(session, subject, number)
    if order is None or order.kind is not OrderKind.TOP_UP or order.paid_at is None:
        return None
    return order.return_path


def _stored(session: Session, subject: Subject, cents: Cents, now: datetime) -> Order:
    order = Order(
        number=new_order_number(secrets.token_bytes(RANDOM_BYTES)),
        kind=OrderKind.TOP_UP,
        account_id=subject.account_id,
        mailbox_id=subject.mailbox_id,
        state=OrderState.AWAITING_PAYMENT,
        payment_method=PaymentMethod.CARD,
        **asdict(amounts(cents, NO_VAT)),
        contact_email=contact_of(session, subject),
        placed_at=now,
    )
    session.add(order)
    session.flush()
    history.record(session, Deed.ORDER_PLACED, subject, now=now, about=order.number)
    return order


def contact_of(session: Session, subject: Subject) -> str:
    """Return where mails to the subject go."""
    if subject.account_id is not None:
        return session.get_one(Account, subject.account_id).email
    mailbox = session.get_one(Mailbox, subject.mailbox_id)
    return session.get_one(Holder, mailbox.holder_id).contact_email
