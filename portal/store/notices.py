"""What was told about mailboxes, once for each milestone and recipient, and where else notices go."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.notices import NoticeKind
from portal.store.base import Base, Email, Id, enum_type


class NoticeState(StrEnum):
    """planned -> written into a mail, or skipped because it had become untrue meanwhile."""

    PLANNED = "planned"
    WRITTEN = "written"
    SKIPPED = "skipped"


PLANNED = text("state = 'planned'")
"""Said in the same words by the index and by the query, or no database would use the index."""


class Notice(Base):
    """One thing to be told to one recipient about one mailbox. Source: domain.md 12, hardening.md 3.2 (3)."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "kind", "occasion", "milestone", "recipient", name="uq_notice_once"),
        Index(
            "ix_notice_planned",
            "recipient",
            "account_id",
            "id",
            sqlite_where=PLANNED,
            postgresql_where=PLANNED,
        ),
        Index("ix_notice_recipient", "recipient", "written_at"),
        Index("ix_notice_mail", "mail_id"),
    )

    id: Mapped[Id]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """Whose mailbox it was: what one digest tells never comes from two accounts."""
    kind: Mapped[NoticeKind] = mapped_column(enum_type(NoticeKind))
    occasion: Mapped[date]
    """The expiry, or the end of the paid space, it speaks of; of a full mailbox the day of the notice."""
    milestone: Mapped[int]
    """Days from the expiry or the end of the paid space, negative before it; per cent for a full mailbox."""
    missing_cents: Mapped[int | None] = mapped_column(BigInteger)
    """How much credit is missing, where the notice is about that."""
    recipient: Mapped[Email]
    state: Mapped[NoticeState] = mapped_column(enum_type(NoticeState), default=NoticeState.PLANNED)
    planned_at: Mapped[datetime]
    written_at: Mapped[datetime | None]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))


class NoticeAddress(Base):
    """A further address for notices, of all mailboxes of an account or of one alone: an accountant's."""

    __tablename__ = "notice_address"
    __table_args__ = (
        UniqueConstraint("account_id", "email"),
        UniqueConstraint("mailbox_id", "email"),
        CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="has_one_owner"),
    )

    id: Mapped[Id]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    email: Mapped[Email]
    created_at: Mapped[datetime]
