"""What is thrown away each night, and how long it was kept."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.signing_in import FAILURES_KEPT
from portal.store import failures, housekeeping, recovery, second_steps
from portal.usecases import history

LINKS_KEPT = timedelta(days=2)
"""Longer than the day over which the mails of recovery are counted."""


def purge(
    session: Session,
    cursor: str | None,
    *,
    today: date,
    now: datetime,
    history_days: int,
    sessions_days: int,
    work_days: int,
) -> tuple[int, str | None]:
    """Delete some of what is old enough; return how much, and «more» if there may be more.

    Orders, mails and quotes stay: they prove what was agreed and what was told.
    """
    done_before = now - timedelta(days=work_days)
    counts = [
        history.forget(session, now=now, kept=timedelta(days=history_days)),
        housekeeping.delete_sessions(session, now - timedelta(days=sessions_days)),
        housekeeping.delete_finished_work(session, done_before),
        recovery.delete_links(session, now - LINKS_KEPT, limit=housekeeping.AT_ONCE),
        second_steps.delete_expired(session, now, limit=housekeeping.AT_ONCE),
        failures.delete_failures(session, now - FAILURES_KEPT, limit=housekeeping.AT_ONCE),
        housekeeping.delete_turns(session, done_before),
    ]
    return sum(counts), "more" if max(counts[:-1]) >= housekeeping.AT_ONCE else None
