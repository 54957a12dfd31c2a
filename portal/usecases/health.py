"""Whether this installation can work: its database, its schema, and the age of the work that waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, func, literal_column, select, table
from sqlalchemy.orm import Session

from portal.store.outbox import OutboxRow, OutboxState

UNFINISHED = (OutboxState.WAITING, OutboxState.QUEUED, OutboxState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a load balancer and an operator want to know."""

    schema: str | None
    """The revision the database is at."""
    outbox_late_seconds: int
    """How long the oldest due work has waited; work for later does not count."""


def readiness(session: Session, *, now: datetime) -> Readiness:
    """Ask the database. Raises what the database raises."""
    revision = select(literal_column("version_num", String)).select_from(table("alembic_version"))
    oldest = session.scalar(
        select(func.min(OutboxRow.not_before)).where(
            OutboxRow.state.in_(UNFINISHED), OutboxRow.not_before <= now
        )
    )
    late = int((now - oldest).total_seconds()) if oldest else 0
    return Readiness(schema=session.scalar(revision), outbox_late_seconds=late)
