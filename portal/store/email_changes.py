"""Changes of a holder's contact address that wait for the new address to say yes. Source: domain.md 2.3."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, and_, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.store.accounts import Holder
from portal.store.base import Base, Email, Id
from portal.store.mailboxes import Mailbox


class EmailChange(Base):
    """One link that was mailed; using it, or asking for another, ends it."""

    __tablename__ = "email_change"
    __table_args__ = (
        Index(
            "uq_email_change_open_holder",
            "holder_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_email_change_holder", "holder_id"),
        Index("ix_email_change_account_asked", "account_id", "asked_at"),
        Index("ix_email_change_mailbox_asked", "mailbox_id", "asked_at"),
    )

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what the link carries; the link itself is kept nowhere (S22)."""
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id", ondelete="CASCADE"))
    old_email: Mapped[Email]
    """Bound to it: where the contact has changed otherwise meanwhile, the link is dead."""
    new_email: Mapped[Email]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    """Who asked, one of the two: each may ask so many times a day."""
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When it was used, or another took its place."""
    is_confirmed: Mapped[bool] = mapped_column(default=False)


PENDING = EmailChange.closed_at.is_(None)
"""The condition «it has not been used and no other took its place»; whether it is in time is another."""


def pending_change(session: Session, holder_id: int, now: datetime) -> EmailChange | None:
    """Return the change that waits for its confirmation, or None."""
    return session.scalar(
        select(EmailChange).where(EmailChange.holder_id == holder_id, PENDING, EmailChange.expires_at > now)
    )


def close_pending(session: Session, holder_id: int, now: datetime) -> None:
    """Let every earlier link of this holder's lead nowhere."""
    session.execute(
        update(EmailChange)
        .where(EmailChange.holder_id == holder_id, PENDING)
        .values(closed_at=now)
        .execution_options(synchronize_session=False)
    )


def asked_since(session: Session, subject: Subject, since: datetime) -> int:
    """Return how many changes the subject has asked for since then."""
    asked = select(func.count()).where(
        EmailChange.account_id.is_not_distinct_from(subject.account_id),
        EmailChange.mailbox_id.is_not_distinct_from(subject.mailbox_id),
        EmailChange.asked_at > since,
    )
    return session.scalar(asked) or 0


def change_by_hash(session: Session, token_hash: str, now: datetime) -> tuple[EmailChange, Holder] | None:
    """Return the change that a link still opens, and whose it is; None for any other link."""
    row = session.execute(
        select(EmailChange, Holder)
        .join(Holder, and_(Holder.id == EmailChange.holder_id, Holder.contact_email == EmailChange.old_email))
        .where(EmailChange.token_hash == token_hash, PENDING, EmailChange.expires_at > now)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def use_change(session: Session, token_hash: str, now: datetime) -> EmailChange | None:
    """Use up the link and make its address the holder's; None where it leads nowhere.

    Of two who use it at once, one finds the row changed: the condition is asked again under its lock.
    """
    used = session.scalar(
        update(EmailChange)
        .where(EmailChange.token_hash == token_hash, PENDING, EmailChange.expires_at > now)
        .values(closed_at=now, is_confirmed=True)
        .returning(EmailChange)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        return None
    moved = session.scalar(
        update(Holder)
        .where(Holder.id == used.holder_id, Holder.contact_email == used.old_email)
        .values(contact_email=used.new_email)
        .returning(Holder.id)
        .execution_options(synchronize_session=False)
    )
    return used if moved is not None else None


def is_own_mailbox(session: Session, holder_id: int, address: str) -> bool:
    """Say whether the address is a mailbox that stands in the holder's own name."""
    found = select(Mailbox.id).where(Mailbox.address == address.lower(), Mailbox.holder_id == holder_id)
    return session.scalar(found) is not None
