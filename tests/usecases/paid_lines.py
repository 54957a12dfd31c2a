"""Paid lines, and what workers do with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.domain.changes import PackageFrom
from portal.domain.orders import OrderState
from portal.ports import MailboxOrder
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.store.scheduled_changes import waiting_changes
from portal.usecases import fulfilment, scheduled_changes
from portal.usecases.line_tasks import LineTask
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order

EXPIRY = TODAY + timedelta(days=30)


def pay_for(
    services: Services, *mailboxes: dict[str, Any], line: dict[str, Any] | None = None, **order: Any
) -> list[int]:
    """Store a paid order with one line for each mailbox described; return the ids of the lines."""
    with services.transaction() as session:
        account = make_account(session)
        boxes = [make_mailbox(session, account, **fields) for fields in mailboxes or [{}]]
        values = {"state": OrderState.PAID, "paid_at": NOW, **order}
        order_id = make_order(session, boxes, **values).id
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)).all()
        for one in lines:
            for name, value in (line or {}).items():
                setattr(one, name, value)
        return [one.id for one in lines]


def begin(services: Services, *line_ids: int, now: datetime = NOW) -> list[LineTask]:
    with services.transaction() as session:
        return list(fulfilment.begin_renewals(session, line_ids, now=now).values())


def renew(services: Services, *line_ids: int, now: datetime = NOW) -> list[MailboxOrder]:
    """Do what a worker does for each line; return what the platform was told."""
    told = []
    for task in begin(services, *line_ids, now=now):
        with services.transaction() as session:
            if task.order is None:
                assert task.refusal is not None
                fulfilment.refuse_renewal(session, task.line_id, task.refusal, now=now)
            else:
                told.append(task.order)
                fulfilment.complete_renewal(session, task.line_id, task.order, now=now)
    return told


def change(services: Services, line_id: int, now: datetime) -> list[LineTask]:
    """Do what a worker does for a change whose day has come; return its tasks."""
    with services.transaction() as session:
        tasks = list(scheduled_changes.begin_changes(session, [line_id], now=now).values())
    for task in tasks:
        with services.transaction() as session:
            if task.order is not None:
                scheduled_changes.complete_change(session, task.line_id, task.order, now=now)
            else:
                scheduled_changes.refuse_change(session, task.line_id, now=now)
    return tasks


def waiting(services: Services, mailbox_id: int) -> list[PackageFrom]:
    """Return what waits for a mailbox, by day."""
    with services.reading() as session:
        return [change.term for change in waiting_changes(session, [mailbox_id])[mailbox_id]]


def mailbox_of(services: Services, line_id: int) -> Mailbox:
    with services.reading() as session:
        return session.get_one(Mailbox, session.get_one(OrderLine, line_id).mailbox_id)


def line_of(services: Services, line_id: int) -> OrderLine:
    with services.reading() as session:
        return session.get_one(OrderLine, line_id)


def order_of(services: Services, line_id: int) -> Order:
    with services.reading() as session:
        return session.get_one(Order, session.get_one(OrderLine, line_id).order_id)


def mails(services: Services) -> list[Mail]:
    with services.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
