"""Writing down who did what from where, in the transaction in which it is done, and reading it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.history import Actor, Deed, Origin
from portal.store.history import HistoryEvent, add_event, events_of, forget_events
from portal.store.housekeeping import AT_ONCE
from portal.store.origin import set_origin, within_request

PAGE = 30


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A part of somebody's history, and the row from which the next part goes on."""

    events: Sequence[HistoryEvent]
    older: int | None


def record(session: Session, deed: Deed, subject: Subject | None, *, now: datetime, about: str = "") -> None:
    """Write a deed down in the present transaction: it happens with what it tells of, or not at all.

    `subject` is whose history it is, None where that is nobody's; who acts and from where is known from the
    request, the command or the worker. `about` is what it was done to, never a secret. Source: S48, S49.
    """
    add_event(session, deed, subject, about, now=now)


def owner_subject(account_id: int | None, mailbox_id: int | None) -> Subject | None:
    """Return the subject whose thing it is: the account's where there is one, else the mailbox's."""
    if account_id is not None:
        return Subject(SubjectKind.ACCOUNT, account_id=account_id)
    if mailbox_id is not None:
        return Subject(SubjectKind.MAILBOX, mailbox_id=mailbox_id)
    return None


def come_from(origin: Origin) -> None:
    """Let all that this thread does from now on come from there."""
    set_origin(origin)


@contextmanager
def within(request_id: str) -> Iterator[None]:
    """Let what a worker does inside belong to the request in which it began."""
    with within_request(request_id):
        yield


def own_history(session: Session, subject: Subject, *, before: int | None) -> HistoryPage:
    """Return one page of the subject's own history, the newest first."""
    events = events_of(session, subject, before=before, limit=PAGE + 1)
    return HistoryPage(events[:PAGE], events[PAGE - 1].id if len(events) > PAGE else None)


def forget(session: Session, *, now: datetime, kept: timedelta) -> int:
    """Forget some of what is older than is kept; return how much, housekeeping's `AT_ONCE` at most."""
    return forget_events(session, now - kept, now=now, at_once=AT_ONCE)


def by_operator(name: str, request_id: str) -> Origin:
    """Return the origin of a command."""
    return Origin(Actor.OPERATOR, request_id=request_id, operator=name)
