"""Which turns of the clock's jobs were taken: the primary key gives each turn to one process."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.store.base import Base, Code
from portal.store.dialects import changed, insert_for

LONGEST = timedelta(minutes=15)
"""Longer than any job takes."""


class ClockSlot(Base):
    """One turn of one job. Source: ecosystem.md 2.2."""

    __tablename__ = "clock_slot"

    job: Mapped[Code] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


def finished(session: Session, slots: Collection[datetime]) -> set[tuple[str, datetime]]:
    """Return the turns among these moments whose work was done to its end."""
    done = select(ClockSlot.job, ClockSlot.slot).where(
        ClockSlot.slot.in_(slots), ClockSlot.finished_at.is_not(None)
    )
    return {(row.job, row.slot) for row in session.execute(done)}


def take(session: Session, job: str, slot: datetime, *, now: datetime) -> bool:
    """Take the turn; return False when somebody has it already, now or before.

    Who took it so long ago without an end has died over it.
    """
    row = insert_for(session, ClockSlot).values(job=job, slot=slot, taken_at=now)
    left_behind = ClockSlot.finished_at.is_(None) & (ClockSlot.taken_at < now - LONGEST)
    again = row.on_conflict_do_update(
        index_elements=["job", "slot"], set_={"taken_at": now}, where=left_behind
    )
    return changed(session, again) == 1


def finish(session: Session, job: str, slot: datetime, *, now: datetime) -> None:
    """Record that the turn's work was done to its end."""
    session.execute(
        update(ClockSlot).where(ClockSlot.job == job, ClockSlot.slot == slot).values(finished_at=now)
    )


def release(session: Session, job: str, slot: datetime) -> None:
    """Give the turn back, to be taken again: the database was away before its work was done."""
    session.execute(delete(ClockSlot).where(ClockSlot.job == job, ClockSlot.slot == slot))


def forget_before(session: Session, moment: datetime) -> int:
    """Delete the turns taken before then; return how many."""
    return changed(session, delete(ClockSlot).where(ClockSlot.taken_at < moment))
