"""Signing in and out: find who is meant, and keep sessions that the server can end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.dates import rome_day
from portal.domain.history import Deed
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.plans import PLANS
from portal.store.accounts import Account, LoginSession
from portal.store.base import AnyRow
from portal.store.mailboxes import Mailbox
from portal.usecases import history


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who an identifier means, before the password is checked; nobody where `subject` is None."""

    identifier: str
    kind: SubjectKind
    subject: Subject | None
    stored_hash: str | None
    may_enter: bool


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A live session and its principal."""

    session_id: int
    subject: Subject
    identifier: str
    last_seen_at: datetime
    authenticated_at: datetime
    language: str | None = None
    """What the principal chose to read."""


def find_candidate(session: Session, identifier: str, *, account_domain: str, now: datetime) -> Candidate:
    """Return who is meant: at the account domain an account, else a mailbox. Source: domain.md 2.1."""
    name = identifier.strip().lower()
    if name.endswith(f"@{account_domain}"):
        return _account_candidate(session, name)
    return _mailbox_candidate(session, name, now=now)


def _account_candidate(session: Session, name: str) -> Candidate:
    row = session.execute(
        select(Account.id, Account.password_hash, Account.disabled_at).where(Account.username == name)
    ).one_or_none()
    if row is None:
        return Candidate(name, SubjectKind.ACCOUNT, None, None, may_enter=False)
    subject = Subject(SubjectKind.ACCOUNT, account_id=row.id)
    return Candidate(name, SubjectKind.ACCOUNT, subject, row.password_hash, may_enter=row.disabled_at is None)


def _mailbox_candidate(session: Session, name: str, *, now: datetime) -> Candidate:
    row = session.execute(
        select(
            Mailbox.id, Mailbox.password_hash, Mailbox.plan, Mailbox.expires_on, Mailbox.cancelled_on
        ).where(Mailbox.address == name)
    ).one_or_none()
    if row is None:
        return Candidate(name, SubjectKind.MAILBOX, None, None, may_enter=False)
    subject = Subject(SubjectKind.MAILBOX, mailbox_id=row.id)
    return Candidate(
        name, SubjectKind.MAILBOX, subject, row.password_hash, may_enter=mailbox_exists(row, now)
    )


def candidate_of(session: Session, subject: Subject, *, now: datetime) -> Candidate:
    """Return somebody already known as one who may enter or not, and the password's present hash."""
    name = identifier_of(session, subject)
    if subject.kind is SubjectKind.ACCOUNT:
        return _account_candidate(session, name)
    return _mailbox_candidate(session, name, now=now)


def mark_of(stored_hash: str | None) -> str:
    """Return what tells one password from the next without telling anything of it (S22)."""
    return sha256((stored_hash or "").encode()).hexdigest()


def start_session(
    session: Session,
    subject: Subject,
    *,
    now: datetime,
    lasts: timedelta,
    address: str,
    user_agent: str,
    deed: Deed = Deed.SIGNED_IN,
) -> tuple[str, SessionFacts]:
    """Return the token of a new session, of which only the hash is kept (S18), and the session."""
    token = secrets.token_urlsafe(32)
    row = LoginSession(
        token_hash=hash_of(token),
        account_id=subject.account_id,
        mailbox_id=subject.mailbox_id,
        created_at=now,
        authenticated_at=now,
        last_seen_at=now,
        expires_at=now + lasts,
        address=address[:45],
        user_agent=user_agent[:255],
    )
    session.add(row)
    session.flush()
    history.record(session, deed, subject, now=now)
    return token, SessionFacts(row.id, subject, identifier_of(session, subject), now, now)


def session_facts(session: Session, token: str, *, now: datetime, idle: timedelta) -> SessionFacts | None:
    """Return the live session of this token and who it is, or None; rights are read anew each time (S06)."""
    row = session.connection().execute(_SESSION, {"token_hash": hash_of(token)}).one_or_none()
    if row is None or row.revoked_at or row.expires_at <= now or row.last_seen_at + idle <= now:
        return None
    if row.account_id is not None:
        subject = Subject(SubjectKind.ACCOUNT, account_id=row.account_id)
        alive, identifier = row.disabled_at is None, row.username
    else:
        subject = Subject(SubjectKind.MAILBOX, mailbox_id=row.mailbox_id)
        alive, identifier = mailbox_exists(row, now), row.mailbox_address
    if not alive:
        return None
    return SessionFacts(row.id, subject, identifier, row.last_seen_at, row.authenticated_at, row.language)


_SESSION = (
    select(
        LoginSession.id,
        LoginSession.account_id,
        LoginSession.mailbox_id,
        LoginSession.last_seen_at,
        LoginSession.authenticated_at,
        LoginSession.expires_at,
        LoginSession.revoked_at,
        Account.username,
        Account.disabled_at,
        Mailbox.address.label("mailbox_address"),
        Mailbox.plan,
        Mailbox.expires_on,
        Mailbox.cancelled_on,
        func.coalesce(Account.language, Mailbox.language).label("language"),
    )
    .outerjoin(Account, Account.id == LoginSession.account_id)
    .outerjoin(Mailbox, Mailbox.id == LoginSession.mailbox_id)
    .where(LoginSession.token_hash == bindparam("token_hash"))
)


def touch_session(session: Session, session_id: int, *, now: datetime) -> None:
    """Note that the session is in use; time never goes back."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.last_seen_at < now)
        .values(last_seen_at=now)
    )


def end_session(session: Session, token: str, *, now: datetime) -> None:
    """End the session of this token; a second time changes nothing."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == hash_of(token), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def set_password(session: Session, subject: Subject, new_hash: str, *, now: datetime) -> None:
    """Keep a new password hash and end every session opened with the old one (S21)."""
    if subject.account_id is not None:
        statement = update(Account).where(Account.id == subject.account_id)
    else:
        statement = update(Mailbox).where(Mailbox.id == subject.mailbox_id)
    session.execute(statement.values(password_hash=new_hash))
    history.record(session, Deed.PASSWORD_CHANGED, subject, now=now)
    end_sessions(session, subject, now=now)


def end_sessions(session: Session, subject: Subject, *, now: datetime) -> None:
    """End every session of an account or of a mailbox."""
    if subject.account_id is not None:
        theirs = LoginSession.account_id == subject.account_id
    else:
        theirs = LoginSession.mailbox_id == subject.mailbox_id
    session.execute(
        update(LoginSession).where(theirs, LoginSession.revoked_at.is_(None)).values(revoked_at=now)
    )


def renew_hash(session: Session, subject: Subject, old_hash: str, new_hash: str) -> None:
    """Replace the hash by another of the same password, unless the password has changed meanwhile (S16)."""
    if subject.account_id is not None:
        statement = update(Account).where(Account.id == subject.account_id, Account.password_hash == old_hash)
    else:
        statement = update(Mailbox).where(Mailbox.id == subject.mailbox_id, Mailbox.password_hash == old_hash)
    session.execute(statement.values(password_hash=new_hash))


def identifier_of(session: Session, subject: Subject) -> str:
    """Return the name that the subject signs in with."""
    if subject.account_id is not None:
        return session.scalars(select(Account.username).where(Account.id == subject.account_id)).one()
    return session.scalars(select(Mailbox.address).where(Mailbox.id == subject.mailbox_id)).one()


def hash_of(token: str) -> str:
    """Return what the database keeps of a session token."""
    return sha256(token.encode()).hexdigest()


def mailbox_exists(row: AnyRow, now: datetime) -> bool:
    """Say whether a mailbox is there to be signed in with. Source: domain.md 4."""
    state = state_on(rome_day(now), row.expires_on, PLANS[row.plan].grace_days, row.cancelled_on)
    return state in (MailboxState.ACTIVE, MailboxState.SUSPENDED)
