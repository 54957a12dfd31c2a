"""What is thrown away each night, and how long it was kept."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.signing_in import FAILURES_KEPT
from portal.store import failures, housekeeping, recovery, second_steps
from portal.usecases import history

SESSIONS_KEPT = timedelta(days=30)
"""After its end: for a customer who asks who signed in."""
WORK_KEPT = timedelta(days=60)
"""Longer than any wake-up or retry lives, so that a key that was used is still known."""
LINKS_KEPT = timedelta(days=2)
"""Longer than the day over which the mails of recovery are counted."""
TURNS_KEPT = timedelta(days=60)


def purge(
    session: Session, cursor: str | None, *, today: date, now: datetime, history_days: int
) -> tuple[int, str | None]:
    """Delete some of what is old enough; return how much, and «more» if there may be more."""
    counts = [
        history.forget(session, now=now, kept=timedelta(days=history_days)),
        housekeeping.delete_sessions(session, now - SESSIONS_KEPT),
        housekeeping.delete_finished_work(session, now - WORK_KEPT),
        recovery.delete_links(session, now - LINKS_KEPT, limit=housekeeping.AT_ONCE),
        second_steps.delete_expired(session, now, limit=housekeeping.AT_ONCE),
        failures.delete_failures(session, now - FAILURES_KEPT, limit=housekeeping.AT_ONCE),
        housekeeping.delete_turns(session, now - TURNS_KEPT),
    ]
    return sum(counts), "more" if max(counts[:-1]) >= housekeeping.AT_ONCE else None
