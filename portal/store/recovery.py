"""What was asked by people who have forgotten, and the links they were sent. Source: domain.md 2.3, S22."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.domain.recovery import Forgotten
from portal.store.base import Base, Email, Id, enum_type
from portal.store.dialects import changed


class RecoveryRequest(Base):
    """What was typed, until a worker has looked whether it is anybody's: then the row is gone.

    The web writes one for whatever is typed and looks nothing up, so that its time tells nothing.
    """

    __tablename__ = "recovery_request"

    id: Mapped[Id]
    forgotten: Mapped[Forgotten] = mapped_column(enum_type(Forgotten))
    typed: Mapped[Email]
    """The name, or for a forgotten name the e-mail address."""
    code: Mapped[str] = mapped_column(String(32), default="")
    """The tax code or VAT number of a mailbox's holder."""
    asked_at: Mapped[datetime]


class RecoveryLink(Base):
    """One mail that was sent; using its link, or asking for another, ends it."""

    __tablename__ = "recovery_link"
    __table_args__ = (
        CheckConstraint("account_id IS NULL OR mailbox_id IS NULL", name="one_owner"),
        Index("ix_recovery_link_account_asked", "account_id", "asked_at"),
        Index("ix_recovery_link_mailbox_asked", "mailbox_id", "asked_at"),
        Index("ix_recovery_link_email_asked", "email", "asked_at"),
    )

    id: Mapped[Id]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of what the link carries, which is kept nowhere; none for a reminder of names."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    password_mark: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the password's hash at that time: with another password the link is dead."""
    email: Mapped[Email]
    """Where it was sent, in lower case."""
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


def links_since(session: Session, which: ColumnElement[bool], since: datetime) -> int:
    """Return how many mails of recovery were sent since then."""
    return session.scalar(select(func.count()).where(which, RecoveryLink.asked_at > since)) or 0


def links_of(subject: Subject) -> ColumnElement[bool]:
    """Return the condition «this link is the subject's»."""
    if subject.account_id is not None:
        return RecoveryLink.account_id == subject.account_id
    return RecoveryLink.mailbox_id == subject.mailbox_id


def close_links(session: Session, subject: Subject, now: datetime) -> None:
    """Let every earlier link of the subject's lead nowhere."""
    session.execute(
        update(RecoveryLink)
        .where(links_of(subject), RecoveryLink.closed_at.is_(None))
        .values(closed_at=now)
        .execution_options(synchronize_session=False)
    )


def open_link(session: Session, token_hash: str, now: datetime) -> RecoveryLink | None:
    """Return the link, if it still leads somewhere."""
    return session.scalar(select(RecoveryLink).where(*_open(token_hash, now)))


def use_link(session: Session, token_hash: str, now: datetime) -> RecoveryLink | None:
    """Use the link up; of two who use it at once one finds the row changed, and gets None."""
    return session.scalar(
        update(RecoveryLink)
        .where(*_open(token_hash, now))
        .values(closed_at=now)
        .returning(RecoveryLink)
        .execution_options(synchronize_session=False)
    )


def delete_links(session: Session, before: datetime, *, limit: int) -> int:
    """Delete links that were sent before then; return how many."""
    old = select(RecoveryLink.id).where(RecoveryLink.asked_at < before).limit(limit)
    return changed(session, delete(RecoveryLink).where(RecoveryLink.id.in_(old)))


def _open(token_hash: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        RecoveryLink.token_hash == token_hash,
        RecoveryLink.closed_at.is_(None),
        RecoveryLink.expires_at > now,
    )
