"""The browsers in which somebody is signed in, as that person sees and ends them (S21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.history import Deed
from portal.store.accounts import LoginSession
from portal.store.dialects import changed
from portal.usecases import history


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One browser that is signed in."""

    session_id: int
    user_agent: str
    address: str
    began_at: datetime
    last_seen_at: datetime
    is_this: bool


def open_sessions(
    session: Session, subject: Subject, current_id: int, *, now: datetime, idle: timedelta
) -> list[OpenSession]:
    """Return the subject's live sessions, this browser's first, then the one seen last."""
    found = session.scalars(
        select(LoginSession)
        .where(_theirs(subject), _alive(now, idle))
        .order_by((LoginSession.id == current_id).desc(), LoginSession.last_seen_at.desc(), LoginSession.id)
    )
    return [
        OpenSession(
            row.id, row.user_agent, row.address, row.created_at, row.last_seen_at, row.id == current_id
        )
        for row in found
    ]


def end_one(session: Session, subject: Subject, session_id: int, *, now: datetime) -> bool:
    """End one of the subject's sessions; say whether it was one that had not ended."""
    return _end(session, subject, LoginSession.id == session_id, now) > 0


def end_others(session: Session, subject: Subject, kept_id: int, *, now: datetime) -> int:
    """End all the subject's sessions but this one; return how many."""
    return _end(session, subject, LoginSession.id != kept_id, now)


def _end(session: Session, subject: Subject, which: ColumnElement[bool], now: datetime) -> int:
    theirs = (_theirs(subject), which, LoginSession.revoked_at.is_(None))
    ended = changed(session, update(LoginSession).where(*theirs).values(revoked_at=now))
    if ended:
        history.record(session, Deed.SESSIONS_ENDED, subject, now=now)
    return ended


def _theirs(subject: Subject) -> ColumnElement[bool]:
    if subject.account_id is not None:
        return LoginSession.account_id == subject.account_id
    return LoginSession.mailbox_id == subject.mailbox_id


def _alive(now: datetime, idle: timedelta) -> ColumnElement[bool]:
    return (
        LoginSession.revoked_at.is_(None)
        & (LoginSession.expires_at > now)
        & (LoginSession.last_seen_at > now - idle)
    )
