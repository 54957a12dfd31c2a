"""How an operator finds out what happened."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import NotFound
from portal.store.history import HistoryEvent, HistoryQuestion, find_events
from portal.usecases.accounts import account_subject, mailbox_subject


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """One line of what an operator looked for."""

    event: HistoryEvent
    owner: str
    """The name of the account or the address of the mailbox whose history it is; empty: nobody's."""


def find(session: Session, asked: HistoryQuestion, *, limit: int) -> list[FoundEvent]:
    """Return what an operator looks for, the newest first."""
    rows = find_events(session, asked, limit=limit)
    return [FoundEvent(event, username or address or "") for event, username, address in rows]


def subject_named(session: Session, name: str) -> Subject:
    """Return the account or the mailbox of that name. Raises NotFound."""
    try:
        return account_subject(session, name)
    except NotFound:
        return mailbox_subject(session, name)
