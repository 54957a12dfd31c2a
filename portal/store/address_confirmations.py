"""Addresses that wait to say yes: an account's own, or a further one. Source: domain.md 2.3, 12."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.domain.contacts import AddressUse
from portal.store.accounts import Account
from portal.store.base import Base, Email, Id, enum_type
from portal.store.dialects import changed, insert_for
from portal.store.notices import NoticeAddress


class AddressConfirmation(Base):
    """One link that was mailed to a new address; using it, or asking for another, ends it."""

    __tablename__ = "address_confirmation"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="one_owner"),
        CheckConstraint("purpose <> 'account' OR account_id IS NOT NULL", name="own_of_accounts"),
        Index("ix_address_confirmation_account_asked", "account_id", "asked_at"),
        Index("ix_address_confirmation_mailbox_asked", "mailbox_id", "asked_at"),
    )

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[AddressUse] = mapped_column(enum_type(AddressUse))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    """Whose address it shall be, one of the two."""
    email: Mapped[Email]
    old_email: Mapped[Email] = mapped_column(default="")
    """Bound to it: where the account's address has changed otherwise meanwhile, the link is dead."""
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


def of_subject(subject: Subject) -> ColumnElement[bool]:
    """Return the condition «it is about the subject's addresses»."""
    if subject.account_id is not None:
        return AddressConfirmation.account_id == subject.account_id
    return AddressConfirmation.mailbox_id == subject.mailbox_id


def asked_since(session: Session, subject: Subject, since: datetime) -> int:
    """Return how many links were mailed for the subject since then."""
    asked = select(func.count()).where(of_subject(subject), AddressConfirmation.asked_at > since)
    return session.scalar(asked) or 0


def close_asked(session: Session, subject: Subject, purpose: AddressUse, email: str, now: datetime) -> None:
    """Let earlier links lead nowhere: all for the account's own address, or those for this further one."""
    same = [of_subject(subject), AddressConfirmation.purpose == purpose]
    if purpose is AddressUse.NOTICES:
        same.append(AddressConfirmation.email == email)
    session.execute(
        update(AddressConfirmation)
        .where(*same, AddressConfirmation.closed_at.is_(None))
        .values(closed_at=now)
        .execution_options(synchronize_session=False)
    )


def pending(session: Session, subject: Subject, now: datetime) -> list[AddressConfirmation]:
    """Return what waits for its confirmation."""
    waiting = (AddressConfirmation.closed_at.is_(None), AddressConfirmation.expires_at > now)
    return list(
        session.scalars(
            select(AddressConfirmation).where(of_subject(subject), *waiting).order_by(AddressConfirmation.id)
        )
    )


def open_confirmation(session: Session, token_hash: str, now: datetime) -> AddressConfirmation | None:
    """Return what the link confirms, if it still leads somewhere."""
    return session.scalar(select(AddressConfirmation).where(*_open(token_hash, now)))


def use_confirmation(session: Session, token_hash: str, now: datetime) -> AddressConfirmation | None:
    """Use the link up; of two who use it at once one gets None."""
    return session.scalar(
        update(AddressConfirmation)
        .where(*_open(token_hash, now))
        .values(closed_at=now)
        .returning(AddressConfirmation)
        .execution_options(synchronize_session=False)
    )


def move_account(session: Session, used: AddressConfirmation) -> bool:
    """Make the address the account's own, unless that is another since."""
    same = (Account.id == used.account_id, Account.email == used.old_email)
    return changed(session, update(Account).where(*same).values(email=used.email)) > 0


def add_notice_address(session: Session, used: AddressConfirmation, now: datetime) -> None:
    """Add the address to those for notices; a second time changes nothing."""
    values = {
        "account_id": used.account_id,
        "mailbox_id": used.mailbox_id,
        "email": used.email,
        "created_at": now,
    }
    session.execute(insert_for(session, NoticeAddress).values(values).on_conflict_do_nothing())


def notice_addresses(session: Session, subject: Subject) -> list[NoticeAddress]:
    """Return the further addresses of the subject itself, the oldest first."""
    return list(session.scalars(select(NoticeAddress).where(_theirs(subject)).order_by(NoticeAddress.id)))


def remove_notice_address(session: Session, subject: Subject, address_id: int) -> bool:
    """Remove one of the subject's further addresses; say whether it was one."""
    theirs = (_theirs(subject), NoticeAddress.id == address_id)
    return changed(session, delete(NoticeAddress).where(*theirs)) > 0


def _theirs(subject: Subject) -> ColumnElement[bool]:
    if subject.account_id is not None:
        return NoticeAddress.account_id == subject.account_id
    return NoticeAddress.mailbox_id == subject.mailbox_id


def _open(token_hash: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        AddressConfirmation.token_hash == token_hash,
        AddressConfirmation.closed_at.is_(None),
        AddressConfirmation.expires_at > now,
    )
