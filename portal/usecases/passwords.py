"""Choosing another password, wherever it is kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.history import Deed
from portal.domain.passwords import PasswordProblem, password_problem
from portal.ports import KnownPasswords, Sealer
from portal.store import outbox, recovery
from portal.usecases import access, calendar_feeds, history, security_notices


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password's hash, and where it is to be kept."""

    hash: str
    sealer: Sealer
    kept_elsewhere: bool
    """The mail server holds the mailboxes' passwords: the portal keeps none of them, nor their hashes."""


@dataclass(frozen=True, slots=True)
class PasswordTask:
    """A mailbox's new password on its way to the mail platform."""

    key: str
    address: str
    hash: str


def problem_with(password: str, own_words: Iterable[str], stolen: KnownPasswords) -> PasswordProblem | None:
    """Return why it may not be chosen: by its own form, or because it was stolen elsewhere. S15."""
    found = password_problem(password, own_words)
    return found or (PasswordProblem.STOLEN if stolen.knows(password) else None)


def change_password(session: Session, subject: Subject, new: NewPassword, *, now: datetime) -> None:
    """Make it the password, end every session and link of before, and say so by mail (S21).

    The calendar's private address ends too: who knew the password may have kept it. Source: domain.md 2.3.
    """
    if subject.account_id is None and new.kept_elsewhere:
        _order(session, subject, new, now)
        access.end_sessions(session, subject, now=now)
        history.record(session, Deed.PASSWORD_CHANGED, subject, now=now)
    else:
        access.set_password(session, subject, new.hash, now=now)
    recovery.close_links(session, subject, now)
    calendar_feeds.close_feed(session, subject, now=now)
    security_notices.password_changed(session, subject, now=now)


def tasks_of(payloads: Sequence[tuple[int, dict[str, str]]], sealer: Sealer) -> dict[int, PasswordTask]:
    """Return what the platform is to be told, by row. Raises Rejected for what nobody can open any more."""
    return {
        row_id: PasswordTask(each["key"], each["address"], sealer.open(each["sealed"]))
        for row_id, each in payloads
    }


def _order(session: Session, subject: Subject, new: NewPassword, now: datetime) -> None:
    """Let a worker tell the platform; only the sealed hash is written down, until it is done."""
    key = f"platform.password:{subject.mailbox_id}:{secrets.token_hex(8)}"
    address = access.identifier_of(session, subject)
    payload = {"key": key, "address": address, "sealed": new.sealer.seal(new.hash)}
    outbox.enqueue(session, "platform.password", key, payload, now=now)
