"""What an account's first page shows: what expires next, what is to be paid, what was begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.orders import OrderState
from portal.store.base import AnyRow
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.renewability import KEPT_SINCE, TODAY, day_values
from portal.store.scope import own_drafts, visible_mailboxes, visible_orders

SHOWN = 5


def next_expiries(session: Session, subject: Subject, today: date) -> Sequence[AnyRow]:
    """Return the first mailboxes to expire, suspended ones before; not those that are gone."""
    statement = (
        select(Mailbox.address, Mailbox.plan, Mailbox.expires_on, Mailbox.cancelled_on)
        .where(
            visible_mailboxes(subject),
            and_(
                Mailbox.expires_on >= KEPT_SINCE,
                or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on > TODAY),
            ),
        )
        .order_by(Mailbox.expires_on, Mailbox.address)
        .limit(SHOWN)
    )
    return session.execute(statement, day_values(today)).all()


def orders_to_pay(session: Session, subject: Subject) -> Sequence[AnyRow]:
    """Return the oldest orders that wait for their money."""
    return session.execute(
        select(Order.number, Order.due_cents, Order.placed_at)
        .where(visible_orders(subject), Order.state == OrderState.AWAITING_PAYMENT)
        .order_by(Order.placed_at, Order.id)
        .limit(SHOWN)
    ).all()


def open_draft(session: Session, subject: Subject) -> str | None:
    """Return the public id of the renewal in preparation, the latest, or None."""
    return session.scalar(
        select(RenewalDraft.public_id)
        .where(own_drafts(subject), RenewalDraft.state == DraftState.OPEN)
        .order_by(RenewalDraft.updated_at.desc())
        .limit(1)
    )
