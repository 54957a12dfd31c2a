"""The private calendar of an account or mailbox: its address, and what stands in it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import NotFound
from portal.domain.history import Deed
from portal.domain.reminders import RemindedMailbox, ReminderDay, reminder_days
from portal.ports import Rejected, Sealer
from portal.store import calendar_feeds
from portal.usecases import history
from portal.usecases.history import owner_subject


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """The feed as its owner sees it."""

    token: str | None
    """None where its seal cannot be opened any more: it works, and only a new one can be shown."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """What one feed holds."""

    owner_key: str
    """The same for the same owner for ever, and telling nothing of them."""
    language: str | None
    created_at: datetime
    days: Sequence[ReminderDay]


def own_feed(session: Session, subject: Subject, sealer: Sealer) -> OwnFeed | None:
    """Return the subject's feed, None if there is none."""
    feed = calendar_feeds.feed_of(session, subject)
    if feed is None:
        return None
    try:
        token = sealer.open(feed.sealed_token)
    except Rejected:
        return OwnFeed(None, feed.created_at)
    return OwnFeed(token, feed.created_at)


def open_feed(session: Session, subject: Subject, sealer: Sealer, *, now: datetime) -> None:
    """Give the subject a new address of 256 bits; a former one leads nowhere from now on (S22)."""
    token = secrets.token_urlsafe(32)
    calendar_feeds.put_feed(session, subject, hash_of(token), sealer.seal(token), now)
    history.record(session, Deed.CALENDAR_OPENED, subject, now=now)


def close_feed(session: Session, subject: Subject, *, now: datetime) -> bool:
    """Let the subject's address lead nowhere; say whether there was one."""
    was_open = calendar_feeds.drop_feed(session, subject)
    if was_open:
        history.record(session, Deed.CALENDAR_CLOSED, subject, now=now)
    return was_open


def is_open(session: Session, token: str) -> bool:
    """Say whether the address is one that opens a calendar."""
    return calendar_feeds.feed_by_hash(session, hash_of(token)) is not None


def read_calendar(session: Session, token: str, *, today: date) -> Calendar:
    """Return what the address opens. Raises NotFound for any other address than an open one."""
    row = calendar_feeds.feed_by_hash(session, hash_of(token))
    subject = owner_subject(row.account_id, row.mailbox_id) if row else None
    if row is None or subject is None:
        raise NotFound
    found = calendar_feeds.reminded_mailboxes(session, subject, today)
    return Calendar(
        owner_key=hash_of(f"calendar of {row.account_id}, {row.mailbox_id}")[:16],
        language=row.account_language or row.mailbox_language,
        created_at=row.created_at,
        days=reminder_days(
            RemindedMailbox(each.address, each.plan, each.expires_on, each.cancelled_on) for each in found
        ),
    )


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode(errors="replace")).hexdigest()
