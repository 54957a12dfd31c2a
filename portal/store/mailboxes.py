"""Certified mailboxes: what is bought, until when, how full. State is computed, not stored."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.plans import Plan
from portal.store.accounts import Account, Holder
from portal.store.base import Base, Email, Id, enum_type

_TAB = ("account_id", "of_account_holder")


class Mailbox(Base):
    """One certified mailbox."""

    __tablename__ = "mailbox"
    __table_args__ = (
        # The list's two orders, with all that its filters ask: a page is chosen without touching a row.
        Index("ix_mailbox_tab_expiry", *_TAB, "expires_on", "address", "plan", "cancelled_on", "id"),
        Index("ix_mailbox_tab_address", *_TAB, "address", "expires_on", "plan", "cancelled_on", "id"),
        Index("ix_mailbox_expiry", "expires_on", "id"),
        Index(
            "ix_mailbox_cancelled_on",
            "cancelled_on",
            sqlite_where=text("cancelled_on IS NOT NULL"),
            postgresql_where=text("cancelled_on IS NOT NULL"),
        ),
        Index(
            "ix_mailbox_extra_paid",
            "extra_paid_until",
            "id",
            sqlite_where=text("extra_paid_until IS NOT NULL"),
            postgresql_where=text("extra_paid_until IS NOT NULL"),
        ),
        CheckConstraint("extra_mailbox_gb >= 0 AND extra_archive_gb >= 0", name="extras_not_negative"),
        CheckConstraint("mailbox_used_mb >= 0 AND archive_used_mb >= 0", name="use_not_negative"),
        CheckConstraint("address = lower(address)", name="address_lower"),
    )

    id: Mapped[Id]
    address: Mapped[Email] = mapped_column(unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    of_account_holder: Mapped[bool] = mapped_column(default=True)
    """Whether the holder is the account's own: «Le mie caselle PEC» or «PEC di altri titolari»."""
    plan: Mapped[Plan] = mapped_column(enum_type(Plan))
    expires_on: Mapped[date]
    """Last day of the paid term, to the end of the day in Europe/Rome."""
    cancelled_on: Mapped[date | None]
    """First day without it: of an early termination, or of a lapse once its cancellation is decided.

    Until that decision the lapse is computed; after it no money saves the mailbox any more.
    """
    extra_mailbox_gb: Mapped[int] = mapped_column(default=0)
    extra_archive_gb: Mapped[int] = mapped_column(default=0)
    extra_paid_until: Mapped[date | None]
    """Last day for which its extra space is paid; None where it has none. Source: domain.md 7.3."""
    mailbox_used_mb: Mapped[int] = mapped_column(default=0)
    archive_used_mb: Mapped[int] = mapped_column(default=0)
    used_read_at: Mapped[datetime | None]
    """When the mail server said how full it is; None: the register did."""
    auto_renewal: Mapped[bool] = mapped_column(default=False)
    convention_code: Mapped[str | None] = mapped_column(String(32))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    quota_told: Mapped[int] = mapped_column(default=0)
    """The per cent of use that its holder was warned of last; lower again when the use falls back."""
    language: Mapped[str | None] = mapped_column(String(5))
    """Chosen by whoever signs in with it; of the mails about it where its account has chosen none."""
    register_digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the register row last imported: the same row again changes nothing."""
    created_at: Mapped[datetime]

    account: Mapped[Account | None] = relationship(lazy="raise")
    holder: Mapped[Holder] = relationship(lazy="raise")
