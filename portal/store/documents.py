"""Documents that customers sent; the files are in the vault, found by a name that tells nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.domain.documents import DocumentKind
from portal.store.base import Base, Id, enum_type
from portal.store.mailboxes import Mailbox

LIVING = text("removed_at IS NULL")


class Document(Base):
    """One file about a mailbox's holder. Its row stays when the file is gone."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (by_mailbox_id IS NULL)", name="one_sender"),
        CheckConstraint("size_bytes > 0 AND pages > 0", name="not_empty"),
        Index("ix_document_mailbox", "mailbox_id", "id"),
        Index("ix_document_living", "added_at", sqlite_where=LIVING, postgresql_where=LIVING),
        Index("ix_document_account", "account_id", "added_at"),
        Index("ix_document_sender", "by_mailbox_id", "added_at"),
    )

    id: Mapped[Id]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """Who sent it, one of the two: nobody else reads it here."""
    by_mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    name: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[DocumentKind] = mapped_column(enum_type(DocumentKind))
    pages: Mapped[int]
    size_bytes: Mapped[int]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    """Removed by who sent it, and so as good as never sent; else its time was over."""


HAS_DOCUMENT: ColumnElement[bool] = exists().where(
    Document.mailbox_id == Mailbox.id, Document.withdrawn.is_(False)
)
"""Whether somebody has sent a document about the mailbox, kept still or not."""


def sent_by(subject: Subject) -> ColumnElement[bool]:
    """Return the condition «this subject sent it»."""
    if subject.account_id is not None:
        return Document.account_id == subject.account_id
    return Document.by_mailbox_id == subject.mailbox_id


def living_of(session: Session, subject: Subject, mailbox_id: int) -> Sequence[Document]:
    """Return what the subject sent about a mailbox and what is still kept, the newest first."""
    return session.scalars(
        select(Document)
        .where(Document.mailbox_id == mailbox_id, Document.removed_at.is_(None), sent_by(subject))
        .order_by(Document.id.desc())
    ).all()


def newest_of(session: Session, mailbox_id: int) -> Document | None:
    """Return the newest document about a mailbox, whoever sent it; those taken back do not count."""
    return session.scalar(
        select(Document)
        .where(Document.mailbox_id == mailbox_id, Document.withdrawn.is_(False))
        .order_by(Document.id.desc())
        .limit(1)
    )


def count_living(session: Session, mailbox_id: int) -> int:
    """Return how many files are kept about a mailbox."""
    living = (Document.mailbox_id == mailbox_id, Document.removed_at.is_(None))
    return session.scalar(select(func.count()).select_from(Document).where(*living)) or 0


def count_sent(session: Session, subject: Subject, since: datetime) -> int:
    """Return how many files the subject has sent since then."""
    sent = (sent_by(subject), Document.added_at > since)
    return session.scalar(select(func.count()).select_from(Document).where(*sent)) or 0


def own_living(session: Session, subject: Subject, mailbox_id: int, document_id: int) -> Document | None:
    """Return one document that the subject sent and that is still kept."""
    return session.scalar(
        select(Document).where(
            Document.id == document_id,
            Document.mailbox_id == mailbox_id,
            Document.removed_at.is_(None),
            sent_by(subject),
        )
    )


def added_before(session: Session, before: datetime, *, limit: int) -> Sequence[Document]:
    """Return documents that are kept still and were sent before then."""
    return session.scalars(
        select(Document)
        .where(Document.removed_at.is_(None), Document.added_at < before)
        .order_by(Document.added_at, Document.id)
        .limit(limit)
    ).all()


def mark_removed(session: Session, document_id: int, *, withdrawn: bool, now: datetime) -> bool:
    """Mark a document removed; return False if it was already."""
    marked = session.scalars(
        update(Document)
        .where(Document.id == document_id, Document.removed_at.is_(None))
        .values(removed_at=now, withdrawn=withdrawn)
        .returning(Document.id)
    ).all()
    return bool(marked)


def living_names(session: Session) -> frozenset[str]:
    """Return the names of all files that shall be in the vault."""
    return frozenset(session.scalars(select(Document.name).where(Document.removed_at.is_(None))))


def every_living(session: Session, *, limit: int) -> Sequence[tuple[Document, str]]:
    """Return what is kept with the mailbox's address, the newest first: the operator's list."""
    rows = session.execute(
        select(Document, Mailbox.address)
        .join(Mailbox, Mailbox.id == Document.mailbox_id)
        .where(Document.removed_at.is_(None))
        .order_by(Document.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
