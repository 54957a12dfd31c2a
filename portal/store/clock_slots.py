"""Which turns of the clock's jobs were taken: the primary key gives each turn to one process."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.store.base import Base, Code
from portal.store.dialects import changed, insert_for


class ClockSlot(Base):
    """One turn of one job. Source: ecosystem.md 2.2."""

    __tablename__ = "clock_slot"

    job: Mapped[Code] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


def take(session: Session, job: str, slot: datetime, *, now: datetime) -> bool:
    """Take the turn; return False when somebody has it already, now or before."""
    row = insert_for(session, ClockSlot).values(job=job, slot=slot, taken_at=now)
    return changed(session, row.on_conflict_do_nothing()) == 1


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
