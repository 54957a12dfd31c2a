"""Rows that nobody needs any more, deleted some at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from portal.store import clock_slots
from portal.store.accounts import LoginSession
from portal.store.dialects import changed
from portal.store.outbox import OutboxRow, OutboxState

AT_ONCE = 5_000
"""Rows of one kind that one transaction deletes."""


def delete_sessions(session: Session, before: datetime) -> int:
    """Delete sign-ins that ended before then; return how many, `AT_ONCE` at most."""
    over = or_(LoginSession.expires_at < before, LoginSession.revoked_at < before)
    ids = select(LoginSession.id).where(over).limit(AT_ONCE)
    return changed(session, delete(LoginSession).where(LoginSession.id.in_(ids)))


def delete_finished_work(session: Session, before: datetime) -> int:
    """Delete outbox rows done before then; return how many. What was given up stays an operator's."""
    ids = (
        select(OutboxRow.id)
        .where(OutboxRow.state == OutboxState.DONE, OutboxRow.done_at < before)
        .order_by(OutboxRow.id)
        .limit(AT_ONCE)
    )
    return changed(session, delete(OutboxRow).where(OutboxRow.id.in_(ids)))


def delete_turns(session: Session, before: datetime) -> int:
    """Delete the clock's turns taken before then; return how many."""
    return clock_slots.forget_before(session, before)
