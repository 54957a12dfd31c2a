"""Extra space that credit did not renew: what is taken away, decided once for each paid term."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.plans import SOLD_PLANS
from portal.store.base import Base, Cents, Id
from portal.store.mailboxes import Mailbox
from portal.store.scheduled_changes import ChangeState, ScheduledChange

_UNDER_WAY = text("closed_at IS NULL")


class SpaceEnd(Base):
    """The end of a mailbox's extra space, for want of credit. Source: domain.md 7.3."""

    __tablename__ = "space_end"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "paid_until"),
        CheckConstraint("mailbox_gb + archive_gb > 0", name="some_space"),
        Index(
            "ix_space_end_under_way",
            "mailbox_id",
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    id: Mapped[Id]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    paid_until: Mapped[date]
    """The last day that was paid."""
    mailbox_gb: Mapped[int]
    archive_gb: Mapped[int]
    """How much goes."""
    due_cents: Mapped[Cents]
    balance_cents: Mapped[Cents]
    """What its renewal cost, and the credit there was."""
    decided_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class DuePlace:
    """A mailbox whose extra space is due, in the order of `ix_mailbox_extra_paid`."""

    paid_until: date
    mailbox_id: int


def behind(today: date) -> ColumnElement[bool]:
    """Return «its extra space was paid until before today, and the mailbox goes on».

    What an order has decided for the next term waits for its own day. Equal to `domain.extra_due_on`.
    """
    waiting = select(ScheduledChange.id).where(
        ScheduledChange.mailbox_id == Mailbox.id, ScheduledChange.state == ChangeState.WAITING
    )
    return and_(
        Mailbox.extra_paid_until < today,
        Mailbox.extra_paid_until < Mailbox.expires_on,
        or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on > today),
        Mailbox.plan.in_(SOLD_PLANS),
        ~waiting.exists(),
    )


def next_due(session: Session, today: date, after: DuePlace | None) -> DuePlace | None:
    """Return the next mailbox whose extra space is to be renewed or to go; None after the last one."""
    place = tuple_(Mailbox.extra_paid_until, Mailbox.id)
    going = select(SpaceEnd.id).where(SpaceEnd.mailbox_id == Mailbox.id, SpaceEnd.closed_at.is_(None))
    query = select(Mailbox.extra_paid_until, Mailbox.id).where(behind(today), ~going.exists())
    if after is not None:
        query = query.where(place > tuple_(after.paid_until, after.mailbox_id))
    row = session.execute(query.order_by(Mailbox.extra_paid_until, Mailbox.id).limit(1)).one_or_none()
    return DuePlace(row.extra_paid_until, row.id) if row else None


def open_ends(session: Session, ids: Collection[int]) -> list[tuple[SpaceEnd, Mailbox]]:
    """Return the ends still to be done, with their mailboxes as they are now, which are locked."""
    rows = session.execute(
        select(SpaceEnd, Mailbox)
        .join(Mailbox, Mailbox.id == SpaceEnd.mailbox_id)
        .where(SpaceEnd.id.in_(ids), SpaceEnd.closed_at.is_(None))
        .order_by(Mailbox.id)
        .with_for_update(of=Mailbox, key_share=True)
        .execution_options(populate_existing=True)
    )
    return [(end, mailbox) for end, mailbox in rows]
