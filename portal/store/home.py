"""What an account's first page shows: what expires next, what is to be paid, what was begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import false, select, true, union_all
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.orders import OrderState
from portal.store.base import AnyRow, AnySelect
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.renewability import OLDEST_KEPT, STILL_THERE, day_values
from portal.store.scope import OF_THE_ACCOUNT, own_drafts, visible_orders

SHOWN = 5


def next_expiries(session: Session, account_id: int, today: date) -> Sequence[AnyRow]:
    """Return the account's first mailboxes to expire, suspended ones before; not those that are gone."""
    both_tabs = union_all(_first_of_tab(own=True), _first_of_tab(own=False)).subquery()
    statement = select(both_tabs).order_by(both_tabs.c.expires_on, both_tabs.c.address).limit(SHOWN)
    return session.execute(statement, day_values(today) | {"account_id": account_id}).all()


def _first_of_tab(*, own: bool) -> AnySelect:
    """Return the first rows of one tab: along the list's index, however many the account has."""
    return select(
        select(Mailbox.address, Mailbox.plan, Mailbox.expires_on, Mailbox.cancelled_on)
        .where(
            OF_THE_ACCOUNT,
            Mailbox.of_account_holder.is_(true() if own else false()),
            Mailbox.expires_on >= OLDEST_KEPT,
            STILL_THERE,
        )
        .order_by(Mailbox.expires_on, Mailbox.address)
        .limit(SHOWN)
        .subquery()
    )


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
