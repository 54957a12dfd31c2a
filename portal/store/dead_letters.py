"""What an operator sees of the outbox, and the one thing to do about what was given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.store.outbox import UNFINISHED, OutboxRow, OutboxState


def failed_rows(session: Session, *, limit: int) -> Sequence[OutboxRow]:
    """Return the dead letters, the newest first."""
    return session.scalars(
        select(OutboxRow)
        .where(OutboxRow.state == OutboxState.FAILED)
        .order_by(OutboxRow.done_at.desc(), OutboxRow.id.desc())
        .limit(limit)
    ).all()


def unfinished_rows(session: Session, *, limit: int) -> Sequence[OutboxRow]:
    """Return what is still to be done, the longest due first."""
    return session.scalars(
        select(OutboxRow).where(UNFINISHED).order_by(OutboxRow.not_before, OutboxRow.id).limit(limit)
    ).all()


def retry(session: Session, row_id: int, *, now: datetime) -> bool:
    """Give a dead letter all its attempts again; return False when there is no such dead letter."""
    row = session.get(OutboxRow, row_id, with_for_update=True)
    if row is None or row.state is not OutboxState.FAILED:
        return False
    row.state, row.not_before, row.attempts, row.done_at = OutboxState.WAITING, now, 0, None
    return True


def count_due(session: Session, *, now: datetime) -> int:
    """Return how many rows are due or in somebody's hands."""
    held = (OutboxState.QUEUED, OutboxState.CLAIMED)
    return (
        session.scalar(
            select(func.count())
            .select_from(OutboxRow)
            .where(UNFINISHED, or_(OutboxRow.not_before <= now, OutboxRow.state.in_(held)))
        )
        or 0
    )
