"""A renewal being prepared: which mailboxes, with which plan, space and term."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.store.base import Base, Id, enum_type
from portal.store.mailboxes import Mailbox


class DraftState(StrEnum):
    """A draft is open until it becomes an order or is put aside."""

    OPEN = "open"
    ORDERED = "ordered"
    DISCARDED = "discarded"


class Show(StrEnum):
    """Which lines of a draft are looked at."""

    EVERY = "every"
    TO_FIX = "to_fix"
    LEFT_OUT = "left_out"


class RenewalDraft(Base):
    """The wizard's memory; it belongs to an account or to a single mailbox."""

    __tablename__ = "renewal_draft"
    __table_args__ = (
        Index("ix_renewal_draft_account_state", "account_id", "state"),
        Index("ix_renewal_draft_mailbox_state", "mailbox_id", "state"),
        CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="one_owner"),
    )

    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    """Random, shown in the address `/rinnovo/<draft>`."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    """The owner when the session is a mailbox's own; not the mailbox to renew."""
    state: Mapped[DraftState] = mapped_column(enum_type(DraftState), default=DraftState.OPEN)
    version: Mapped[int] = mapped_column(default=1)
    """Counts the changes, so that a page knows whether it is stale."""
    payment_method: Mapped[PaymentMethod | None] = mapped_column(enum_type(PaymentMethod))
    extras_answered: Mapped[bool] = mapped_column(default=False)
    """Whether the step «Extra» was answered, be it with no."""
    auto_renewal_consent_id: Mapped[int | None] = mapped_column(ForeignKey("auto_renewal_consent.id"))
    """What was answered when auto-renewal was asked, with the method chosen now."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DraftLine(Base):
    """What one mailbox will become."""

    __tablename__ = "draft_line"
    __table_args__ = (
        UniqueConstraint("draft_id", "mailbox_id"),
        Index("ix_draft_line_draft_id", "draft_id", "id"),
        CheckConstraint("extra_mailbox_gb >= 0 AND extra_archive_gb >= 0", name="extras_not_negative"),
        CheckConstraint("term_years BETWEEN 1 AND 10", name="term_in_range"),
    )

    id: Mapped[Id]
    draft_id: Mapped[int] = mapped_column(ForeignKey("renewal_draft.id", ondelete="CASCADE"))
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    plan: Mapped[Plan] = mapped_column(enum_type(Plan))
    extra_mailbox_gb: Mapped[int] = mapped_column(default=0)
    extra_archive_gb: Mapped[int] = mapped_column(default=0)
    term_years: Mapped[int] = mapped_column(default=1)
    archive_deletion_accepted: Mapped[bool] = mapped_column(default=False)
    changed_in: Mapped[int] = mapped_column(default=1)
    """The draft's version at the last change of this line: a page drawn before it is stale."""
    changed_by: Mapped[str] = mapped_column(String(24), default="")
    """The page that made that change, by the random name it was drawn with."""
    changed_turn: Mapped[int] = mapped_column(default=0)
    """That page's own count of its changes to this line: an older one never follows a newer one."""

    mailbox: Mapped[Mailbox] = relationship(lazy="raise")
