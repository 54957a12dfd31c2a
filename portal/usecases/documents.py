"""Identity documents: sending, reading one's own, taking back, and letting go when their time is over.

The file is put into the vault before its row is written, and dropped by a worker after its row is marked: a
process that dies between leaves a file without a row, which the daily sweep drops. Source: hardening.md S43.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.documents import MOST_FILES, CleanDocument, check_room
from portal.domain.errors import NotFound
from portal.domain.history import Deed
from portal.store import documents, locks
from portal.store.documents import Document
from portal.store.mailboxes import Mailbox
from portal.store.outbox import enqueue
from portal.store.scope import visible_mailboxes
from portal.usecases import history

A_DAY = timedelta(days=1)
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class DocumentsPage:
    """What a mailbox's page of documents says."""

    address: str
    own: Sequence[Document]
    """What the subject sent itself and may read."""
    newest: Document | None
    """Whoever sent it: that it was sent is said to everybody who sees the mailbox."""
    may_add: bool


def look_at_documents(session: Session, subject: Subject, address: str) -> DocumentsPage:
    """Return the documents of a mailbox as the subject may see them. Raises NotFound."""
    mailbox = _visible(session, subject, address)
    own = documents.living_of(session, subject, mailbox.id)
    newest = documents.newest_of(session, mailbox.id)
    may_add = documents.count_living(session, mailbox.id) < MOST_FILES
    return DocumentsPage(mailbox.address, own, newest, may_add)


def check_sending(session: Session, subject: Subject, address: str, *, now: datetime) -> None:
    """Raise NotFound, or DocumentRefused where no further file is taken, before anybody reads it."""
    mailbox = _visible(session, subject, address)
    _check_room(session, subject, mailbox, now)


def keep_document(
    session: Session, subject: Subject, address: str, clean: CleanDocument, name: str, *, now: datetime
) -> None:
    """Write down what was put into the vault under that name. Raises NotFound, DocumentRefused."""
    locks.lock_owner(session, subject)
    mailbox = _visible(session, subject, address)
    _check_room(session, subject, mailbox, now)
    session.add(
        Document(
            mailbox_id=mailbox.id,
            account_id=subject.account_id,
            by_mailbox_id=subject.mailbox_id,
            name=name,
            kind=clean.kind,
            pages=clean.pages,
            size_bytes=len(clean.content),
            added_at=now,
        )
    )
    session.flush()
    history.record(session, Deed.DOCUMENT_ADDED, subject, now=now, about=mailbox.address)


def record_refusal(session: Session, subject: Subject, address: str, *, now: datetime) -> None:
    """Write down that a file was not taken. Raises NotFound."""
    about = _visible(session, subject, address).address
    history.record(session, Deed.DOCUMENT_REFUSED, subject, now=now, about=about)


def own_document(session: Session, subject: Subject, address: str, document_id: int) -> Document:
    """Return a document that the subject sent. Raises NotFound."""
    mailbox = _visible(session, subject, address)
    found = documents.own_living(session, subject, mailbox.id, document_id)
    if found is None:
        raise NotFound
    return found


def take_back(session: Session, subject: Subject, address: str, document_id: int, *, now: datetime) -> None:
    """Let a document go that the subject sent. Raises NotFound."""
    document = own_document(session, subject, address, document_id)
    if documents.mark_removed(session, document.id, withdrawn=True, now=now):
        _drop(session, document.name, now)
        history.record(session, Deed.DOCUMENT_REMOVED, subject, now=now, about=address.lower())


def expire(
    session: Session, cursor: str | None, *, today: date, now: datetime, document_days: int
) -> tuple[int, str | None]:
    """Let documents go whose time is over, and look for strays once a day; return how many, and «more»."""
    old = documents.added_before(session, now - timedelta(days=document_days), limit=AT_ONCE)
    for document in old:
        if documents.mark_removed(session, document.id, withdrawn=False, now=now):
            _drop(session, document.name, now)
            owner = history.owner_subject(document.account_id, document.by_mailbox_id)
            address = session.get_one(Mailbox, document.mailbox_id).address
            history.record(session, Deed.DOCUMENT_REMOVED, owner, now=now, about=address)
    if len(old) < AT_ONCE:
        enqueue(session, "document.sweep", f"document.sweep:{today.isoformat()}", {}, now=now)
        return len(old), None
    return len(old), "more"


def every_document(session: Session, *, limit: int) -> Sequence[tuple[Document, str]]:
    """Return what is kept, with the mailboxes' addresses, the newest first: for the staff."""
    return documents.every_living(session, limit=limit)


def document_by_id(session: Session, document_id: int) -> Document | None:
    """Return a document that is kept, whoever sent it: for the staff."""
    found = session.get(Document, document_id)
    return found if found is not None and found.removed_at is None else None


def names_to_keep(session: Session) -> frozenset[str]:
    """Return the names of all files that shall be in the vault."""
    return documents.living_names(session)


def _drop(session: Session, name: str, now: datetime) -> None:
    enqueue(session, "document.drop", f"document.drop:{name}", {"name": name}, now=now)


def _check_room(session: Session, subject: Subject, mailbox: Mailbox, now: datetime) -> None:
    sent = documents.count_sent(session, subject, now - A_DAY)
    check_room(documents.count_living(session, mailbox.id), sent)


def _visible(session: Session, subject: Subject, address: str) -> Mailbox:
    known = address.lower() if address.isprintable() else ""
    mailbox = session.scalar(
        select(Mailbox).where(
            Mailbox.address == known, visible_mailboxes(subject), Mailbox.cancelled_on.is_(None)
        )
    )
    if mailbox is None:
        raise NotFound
    return mailbox
