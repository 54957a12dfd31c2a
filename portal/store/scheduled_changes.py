"""What was ordered for terms that begin later and makes mailboxes smaller. Source: domain.md 3.4."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    String,
    and_,
    cast,
    exists,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from portal.domain.changes import Package, PackageFrom
from portal.domain.plans import Plan
from portal.store.base import AnySelect, Base, Id, enum_type
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine

Lines = TypeVar("Lines", bound=AnySelect)


class ChangeState(StrEnum):
    """waiting -> done; overtaken where there was nothing left to change, refused where it may not."""

    WAITING = "waiting"
    DONE = "done"
    OVERTAKEN = "overtaken"
    REFUSED = "refused"


WAITING = text("state = 'waiting'")
"""Said in the same words by the index and by the query, or no database would use the index."""


class ScheduledChange(Base):
    """The package ordered for one term; later orders only ever add to what holds from its day."""

    __tablename__ = "scheduled_change"
    __table_args__ = (
        Index(
            "uq_scheduled_change_waiting",
            "mailbox_id",
            "effective_on",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
    )

    id: Mapped[Id]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), unique=True)
    effective_on: Mapped[date]
    """First day of the term it was ordered for: the day after the expiry that this order moved."""
    plan: Mapped[Plan] = mapped_column(enum_type(Plan))
    extra_mailbox_gb: Mapped[int]
    extra_archive_gb: Mapped[int]
    state: Mapped[ChangeState] = mapped_column(enum_type(ChangeState), default=ChangeState.WAITING)
    closed_at: Mapped[datetime | None]
    deleted_mb: Mapped[int] = mapped_column(default=0)
    """How much of an archive went when it was done."""
    told_at: Mapped[datetime | None]
    """When the customer was told that it is done."""

    @property
    def term(self) -> PackageFrom:
        """Return it as the domain's value."""
        package = Package(self.plan, self.extra_mailbox_gb, self.extra_archive_gb)
        return PackageFrom(self.effective_on, package)


_later = aliased(ScheduledChange)


def _waits(change: type[ScheduledChange]) -> ColumnElement[bool]:
    return and_(change.mailbox_id == Mailbox.id, change.state == literal_column("'waiting'", String))


LAST_WAITING = and_(
    _waits(ScheduledChange),
    ~exists().where(_waits(_later), _later.effective_on > ScheduledChange.effective_on),
)
"""The join from a mailbox to the last change that waits for it: what its newest order left behind."""

TERMS_AHEAD = (
    select(
        func.aggregate_strings(
            cast(ScheduledChange.effective_on, String)
            + " "
            + cast(ScheduledChange.plan, String)
            + " "
            + cast(ScheduledChange.extra_mailbox_gb, String)
            + " "
            + cast(ScheduledChange.extra_archive_gb, String),
            ",",
        )
    )
    .where(_waits(ScheduledChange))
    .correlate(Mailbox)
    .scalar_subquery()
)
"""What waits for a mailbox as one value of its own row, for pages of fifty; `terms_ahead` reads it."""


def terms_ahead(text: str | None) -> list[PackageFrom]:
    """Return what TERMS_AHEAD found, by day."""
    terms = (term.split(" ") for term in sorted(text.split(",") if text else []))
    return [
        PackageFrom(date.fromisoformat(day), Package(Plan(plan), int(mailbox_gb), int(archive_gb)))
        for day, plan, mailbox_gb, archive_gb in terms
    ]


def waiting_changes(session: Session, mailbox_ids: Collection[int]) -> dict[int, list[ScheduledChange]]:
    """Return for each mailbox what waits for it, by day; as it is now, for callers that hold the lock."""
    rows = session.scalars(
        select(ScheduledChange)
        .where(ScheduledChange.mailbox_id.in_(mailbox_ids), ScheduledChange.state == ChangeState.WAITING)
        .order_by(ScheduledChange.effective_on)
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[ScheduledChange]] = {mailbox_id: [] for mailbox_id in mailbox_ids}
    for row in rows:
        found[row.mailbox_id].append(row)
    return found


def changes_of_order(session: Session, order_id: int, day: date) -> list[Row[OrderLine, Mailbox]]:
    """Return the lines of an order that wait for this day, with their mailboxes, by address."""
    waiting = ScheduledChange.state == ChangeState.WAITING
    return list(session.execute(_of_order(select(OrderLine, Mailbox), order_id, day).where(waiting)))


def done_of_order(
    session: Session, order_id: int, day: date
) -> list[Row[OrderLine, Mailbox, ScheduledChange]]:
    """Return what an order has made smaller on this day and nobody was told of yet, by address."""
    lines = _of_order(select(OrderLine, Mailbox, ScheduledChange), order_id, day)
    untold = lines.where(ScheduledChange.state == ChangeState.DONE, ScheduledChange.told_at.is_(None))
    return list(session.execute(untold))


def _of_order(lines: Lines, order_id: int, day: date) -> Lines:
    """Narrow a selection of lines to an order's whose plan becomes smaller on this day, by address."""
    return (
        lines.join(ScheduledChange, ScheduledChange.order_line_id == OrderLine.id)
        .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
        .where(OrderLine.order_id == order_id, ScheduledChange.effective_on == day)
        .order_by(OrderLine.address)
    )


def count_told(session: Session, order_id: int, day: date) -> int:
    """Return of how many of an order's mailboxes made smaller on this day the customer knows."""
    found = session.scalar(
        select(func.count())
        .select_from(ScheduledChange)
        .join(OrderLine, OrderLine.id == ScheduledChange.order_line_id)
        .where(
            OrderLine.order_id == order_id,
            ScheduledChange.effective_on == day,
            ScheduledChange.told_at.is_not(None),
        )
    )
    return found or 0


def close_changes(
    session: Session, changes: Iterable[ScheduledChange], state: ChangeState, now: datetime
) -> None:
    """Record what became of changes that waited."""
    ids = [change.id for change in changes]
    if ids:
        session.execute(
            update(ScheduledChange)
            .where(ScheduledChange.id.in_(ids), ScheduledChange.state == ChangeState.WAITING)
            .values(state=state, closed_at=now)
        )
