"""How often a name may be tried: counted before the try is judged, in the database. Source: S13, S14."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.signing_in import FAILURES_KEPT, wait_after
from portal.store.failures import forget_failures, locked_failures


def begin_try(session: Session, key: str, *, now: datetime) -> timedelta:
    """Count a try as failed until it has succeeded; return the time to wait instead, if any.

    So that many tries at once are many. While the key is closed nothing is counted: whoever goes on trying
    does not make the owner wait any longer.
    """
    row = locked_failures(session, key, now)
    if row.closed_until > now:
        return row.closed_until - now
    row.count = 1 if row.failed_at + FAILURES_KEPT <= now else row.count + 1
    row.failed_at = now
    row.closed_until = now + wait_after(row.count)
    return timedelta(0)


def take_back(session: Session, key: str, *, now: datetime) -> None:
    """Uncount a try that succeeded; what failed before stays counted."""
    row = locked_failures(session, key, now)
    row.count = max(row.count - 1, 0)
    row.closed_until = min(row.closed_until, row.failed_at + wait_after(row.count))


def open_again(session: Session, key: str) -> None:
    """Forget the failures of a name whose owner has proved by another way who it is (S14)."""
    forget_failures(session, key)
