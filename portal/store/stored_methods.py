"""Methods stored at a gateway for later charges, what their owners agreed to, what renews with them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.mandates import StoredMethodState
from portal.domain.payments import PaymentMethod
from portal.store.base import Base, Cents, Id, enum_type


class AutoRenewalConsent(Base):
    """An answer to the question whether to renew by itself; never changed.

    Source: domain.md C6, hardening.md S42.
    """

    __tablename__ = "auto_renewal_consent"
    __table_args__ = (
        CheckConstraint("maximum_cents >= 0", name="maximum_not_negative"),
        CheckConstraint("wanted = (maximum_cents > 0)", name="maximum_of_the_wanted"),
    )

    id: Mapped[Id]
    wanted: Mapped[bool]
    text_version: Mapped[str] = mapped_column(String(32))
    """Which text was shown."""
    maximum_cents: Mapped[Cents]
    """The most one charge may be, as it was shown."""
    given_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    """The network address the answer came from."""


class StoredMethod(Base):
    """A card or a PayPal account that a gateway can charge; of a card we know no more than this (S41)."""

    __tablename__ = "stored_method"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="one_owner"),
        CheckConstraint("length(last_four) IN (0, 4)", name="last_four_at_most"),
    )

    id: Mapped[Id]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    """The owner where there is no account."""
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    """Ours: the gateway's idempotency key of storing it, and its name in addresses."""
    method: Mapped[PaymentMethod] = mapped_column(enum_type(PaymentMethod))
    gateway: Mapped[str] = mapped_column(String(32))
    gateway_key: Mapped[str] = mapped_column(String(255), default="")
    page_url: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[StoredMethodState] = mapped_column(enum_type(StoredMethodState))
    token: Mapped[str] = mapped_column(String(255), default="")
    """The gateway's name for the method: worthless to anybody else."""
    customer: Mapped[str] = mapped_column(String(255), default="")
    brand: Mapped[str] = mapped_column(String(32), default="")
    last_four: Mapped[str] = mapped_column(String(4), default="")
    expires_on: Mapped[date | None]
    """The last day of its month."""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("stored_method.id"))
    """The method whose auto-renewals come over once this one is active."""
    opened_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class Mandate(Base):
    """The permission to charge a stored method while its owner is not there. Source: hardening.md S42."""

    __tablename__ = "mandate"
    __table_args__ = (CheckConstraint("maximum_cents > 0", name="maximum_positive"),)

    id: Mapped[Id]
    stored_method_id: Mapped[int] = mapped_column(ForeignKey("stored_method.id"), index=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("auto_renewal_consent.id"), unique=True)
    maximum_cents: Mapped[Cents]
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RenewsWith(Base):
    """Which stored method a mailbox renews with by itself; a mailbox has one at most."""

    __tablename__ = "renews_with"

    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), primary_key=True)
    stored_method_id: Mapped[int] = mapped_column(ForeignKey("stored_method.id"), index=True)
    consent_id: Mapped[int | None] = mapped_column(ForeignKey("auto_renewal_consent.id"))
    """What was agreed on its page or for several at once; None where an order was the occasion."""
    maximum_cents: Mapped[int | None] = mapped_column(BigInteger)
    """The most one charge for this mailbox may be, where its owner has set it."""
    credit_first: Mapped[bool] = mapped_column(default=False)
    """Whether it is paid from credit where that is enough, and only otherwise by the method."""
