"""Money that was asked for or arrived, each amount once."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.payments import PaymentMethod, PaymentState
from portal.store.base import Base, Cents, Id, enum_type


class Payment(Base):
    """One amount received or attempted; (method, reference) is its identity. Source: domain.md 5 (6)."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("method", "reference"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
    )

    id: Mapped[Id]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("customer_order.id"), index=True)
    """None when the money names no order of ours: it is kept all the same."""
    method: Mapped[PaymentMethod] = mapped_column(enum_type(PaymentMethod))
    reference: Mapped[str] = mapped_column(String(140))
    """The bank's, the gateway's or the slip's own identifier of this money."""
    state: Mapped[PaymentState] = mapped_column(enum_type(PaymentState))
    amount_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    paid_on: Mapped[date]
    """The value date said by the bank or the operator."""
    registered_at: Mapped[datetime]
    unapplied_reason: Mapped[str | None] = mapped_column(String(64))
    """Why this money paid no order, as a code; it stays owed to the customer."""
    remittance: Mapped[str] = mapped_column(String(140), default="")
    """What the payer wrote as reference, as it came."""
    vat_rate_differs: Mapped[bool] = mapped_column(default=False)
    """The rate of the day of payment is not the order's: accounting has to look. Source: domain.md 8.3."""
