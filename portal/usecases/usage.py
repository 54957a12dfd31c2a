"""How full mailboxes are: planning to ask the mail server, and keeping its answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.plans import PLANS
from portal.ports import SpaceUse
from portal.store import usage

READ_EVERY = timedelta(hours=20)
"""A little less than a day, so that a reading does not wander through the hours."""
LONGEST_GRACE = max(facts.grace_days for facts in PLANS.values())


def plan_readings(
    session: Session, cursor: int | None, *, today: date, now: datetime, reads_usage: bool
) -> tuple[int, int | None]:
    """Plan to read the use of every mailbox once a day; return how many, and where to go on."""
    if not reads_usage:
        return 0, None
    return usage.plan_readings(
        session,
        cursor or 0,
        kept_since=today - timedelta(days=LONGEST_GRACE),
        read_before=now - READ_EVERY,
        today=today,
        now=now,
    )


def begin_readings(session: Session, mailboxes: Mapping[int, int]) -> dict[int, tuple[int, str]]:
    """Return by outbox row whose use is to be read; a mailbox that is gone is left out."""
    known = usage.addresses(session, mailboxes.values())
    return {row_id: (box, known[box]) for row_id, box in mailboxes.items() if box in known}


def keep_reading(session: Session, mailbox_id: int, use: SpaceUse, *, now: datetime) -> None:
    """Keep what the mail server said; an answer that comes late overwrites no newer one."""
    usage.keep(session, mailbox_id, use.mailbox_mb, use.archive_mb, now=now)
