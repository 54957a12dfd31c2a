"""Accounts, which own mailboxes, and the holders, whose names the mailboxes bear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from portal.domain.customers import CustomerKind
from portal.store.base import Base, Email, Id, enum_type


class Holder(Base):
    """A person or body in whose name mailboxes stand; equal data in one scope are one row."""

    __tablename__ = "holder"

    id: Mapped[Id]
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the owner's scope and every field as the register says them, so that it imports once.

    It stays when the holder changes contacts here: the same register again undoes nothing.
    """
    kind: Mapped[CustomerKind] = mapped_column(enum_type(CustomerKind))
    first_name: Mapped[str] = mapped_column(String(60), default="")
    last_name: Mapped[str] = mapped_column(String(60), default="")
    business_name: Mapped[str] = mapped_column(String(80), default="")
    tax_code: Mapped[str] = mapped_column(String(16), index=True)
    vat_number: Mapped[str] = mapped_column(String(11), default="")
    contact_email: Mapped[Email]
    """Where notices go; never the mailbox itself. Source: domain.md 11.2."""
    phone: Mapped[str] = mapped_column(String(20), default="")
    mobile: Mapped[str] = mapped_column(String(20), default="")
    street: Mapped[str] = mapped_column(String(60), default="")
    street_number: Mapped[str] = mapped_column(String(8), default="")
    postal_code: Mapped[str] = mapped_column(String(10), default="")
    city: Mapped[str] = mapped_column(String(60), default="")
    province: Mapped[str] = mapped_column(String(2), default="")
    country: Mapped[str] = mapped_column(String(2), default="IT")

    @property
    def display_name(self) -> str:
        return self.business_name or f"{self.first_name} {self.last_name}".strip()


class Account(Base):
    """A customer's account, named like 123456@aruba.it, that sees all its mailboxes."""

    __tablename__ = "account"

    id: Mapped[Id]
    username: Mapped[Email] = mapped_column(unique=True)
    email: Mapped[Email]
    password_hash: Mapped[str | None] = mapped_column(String(255))
    holder_tax_code: Mapped[str] = mapped_column(String(16), default="")
    """The account's own holder: mailboxes in this name are «Le mie caselle PEC»."""
    language: Mapped[str | None] = mapped_column(String(5))
    """Chosen by hand, for pages and mails; None: nobody chose yet."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class LoginSession(Base):
    """One signed-in browser; the cookie holds the token, this row only its hash (S18)."""

    __tablename__ = "login_session"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    created_at: Mapped[datetime]
    authenticated_at: Mapped[datetime]
    """When its password was given last: what hurts asks for it again (S20)."""
    last_seen_at: Mapped[datetime]
    """Moved forward at most once a minute, and never by polling (S19)."""
    expires_at: Mapped[datetime]
    """Absolute end, twelve hours after sign-in."""
    revoked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(255), default="")

    account: Mapped[Account | None] = relationship(lazy="raise")


def account_by_username(session: Session, username: str) -> Account | None:
    """Return the account with this username, in lower case, or None."""
    return session.scalar(select(Account).where(Account.username == username.lower()))
