"""Private addresses of calendars, one an account or mailbox: found by a hash, shown from a seal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.store.accounts import Account
from portal.store.base import AnyRow, Base, Id
from portal.store.dialects import changed, insert_for
from portal.store.mailboxes import Mailbox
from portal.store.renewability import OLDEST_KEPT, STILL_THERE, day_values
from portal.store.scope import visible_mailboxes

MOST_MAILBOXES = 20_000
"""Mailboxes that one calendar looks at, the first to expire."""


class CalendarFeed(Base):
    """The one address that opens the calendar of an account or mailbox; renewing it closes the former."""

    __tablename__ = "calendar_feed"
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="one_owner"),)

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what the address carries."""
    sealed_token: Mapped[str] = mapped_column(String(255))
    """The same, to be shown to its owner alone; the key is not in the database."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), unique=True)
    created_at: Mapped[datetime]


def feed_of(session: Session, subject: Subject) -> CalendarFeed | None:
    """Return the subject's own feed."""
    return session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.account_id.is_not_distinct_from(subject.account_id),
            CalendarFeed.mailbox_id.is_not_distinct_from(subject.mailbox_id),
        )
    )


def put_feed(session: Session, subject: Subject, token_hash: str, sealed_token: str, now: datetime) -> None:
    """Give the subject this address in place of any other."""
    owner = "account_id" if subject.account_id is not None else "mailbox_id"
    new = {"token_hash": token_hash, "sealed_token": sealed_token, "created_at": now}
    session.execute(
        insert_for(session, CalendarFeed)
        .values(account_id=subject.account_id, mailbox_id=subject.mailbox_id, **new)
        .on_conflict_do_update(index_elements=[owner], set_=new)
    )


def drop_feed(session: Session, subject: Subject) -> bool:
    """Close the subject's address; say whether there was one."""
    gone = delete(CalendarFeed).where(
        CalendarFeed.account_id.is_not_distinct_from(subject.account_id),
        CalendarFeed.mailbox_id.is_not_distinct_from(subject.mailbox_id),
    )
    return changed(session, gone.execution_options(synchronize_session=False)) > 0


def feed_by_hash(session: Session, token_hash: str) -> AnyRow | None:
    """Return whose feed it is, since when and in which language; None for a disabled account's."""
    return session.execute(
        select(
            CalendarFeed.account_id,
            CalendarFeed.mailbox_id,
            CalendarFeed.created_at,
            Account.language.label("account_language"),
            Mailbox.language.label("mailbox_language"),
        )
        .outerjoin(Account, Account.id == CalendarFeed.account_id)
        .outerjoin(Mailbox, Mailbox.id == CalendarFeed.mailbox_id)
        .where(CalendarFeed.token_hash == token_hash, Account.disabled_at.is_(None))
    ).one_or_none()


def reminded_mailboxes(session: Session, subject: Subject, today: date) -> Sequence[AnyRow]:
    """Return what there still is of the subject's mailboxes, the first to expire before."""
    return session.execute(
        select(Mailbox.address, Mailbox.plan, Mailbox.expires_on, Mailbox.cancelled_on)
        .where(visible_mailboxes(subject), Mailbox.expires_on >= OLDEST_KEPT, STILL_THERE)
        .order_by(Mailbox.expires_on, Mailbox.address)
        .limit(MOST_MAILBOXES),
        day_values(today),
    ).all()
