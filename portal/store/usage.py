"""Which mailboxes' use is to be read again, and what was read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, and_, cast, literal, or_, select, update
from sqlalchemy.orm import Session

from portal.store.mailboxes import Mailbox
from portal.store.outbox import enqueue_selected

AT_ONCE = 5_000
"""Mailboxes in one piece."""


def plan_readings(
    session: Session, after: int, *, kept_since: date, read_before: datetime, today: date, now: datetime
) -> tuple[int, int | None]:
    """Write a row for each mailbox last read before then; return how many, and where to go on."""
    last = session.scalar(
        select(Mailbox.id).where(Mailbox.id > after).order_by(Mailbox.id).offset(AT_ONCE - 1).limit(1)
    )
    piece = [Mailbox.id > after] + ([Mailbox.id <= last] if last is not None else [])
    due = and_(
        *piece,
        Mailbox.cancelled_on.is_(None),
        Mailbox.expires_on >= kept_since,
        or_(Mailbox.used_read_at.is_(None), Mailbox.used_read_at < read_before),
    )
    key = literal("usage.read:", String) + cast(Mailbox.id, String) + literal(f":{today.isoformat()}", String)
    return enqueue_selected(session, "usage.read", key, {"mailbox_id": Mailbox.id}, due, now=now), last


def addresses(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return by id where the mailboxes are that are still there."""
    rows = session.execute(
        select(Mailbox.id, Mailbox.address).where(Mailbox.id.in_(ids), Mailbox.cancelled_on.is_(None))
    )
    return {row.id: row.address for row in rows}


def keep(
    session: Session, mailbox_id: int, mailbox_mb: int, archive_mb: int | None, *, now: datetime
) -> None:
    """Keep what was read, unless something newer is known."""
    values: dict[str, Any] = {"mailbox_used_mb": mailbox_mb, "used_read_at": now}
    if archive_mb is not None:
        values["archive_used_mb"] = archive_mb
    newer = or_(Mailbox.used_read_at.is_(None), Mailbox.used_read_at <= now)
    session.execute(update(Mailbox).where(Mailbox.id == mailbox_id, newer).values(values))
