"""Quotes as they were given: written once, and kept by the database from ever being changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.base import Base, Cents, Id


class QuoteRow(Base):
    """A price that was told, with all that it follows from; triggers refuse UPDATE and DELETE."""

    __tablename__ = "quote"
    __table_args__ = (
        UniqueConstraint("draft_id", "sha256"),
        CheckConstraint("gross_cents = net_cents + vat_cents", name="gross_is_sum"),
        CheckConstraint(
            "due_cents = CASE WHEN split_payment THEN net_cents ELSE gross_cents END", name="due_follows"
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    """Random, shown in the address `/preventivi/<quote>`."""
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("renewal_draft.id"))
    """None where no draft led here: an order of auto-renewal."""
    quoted_on: Mapped[date]
    """The day whose prices and VAT it holds."""
    valid_until: Mapped[date]
    content: Mapped[str] = mapped_column(Text)
    """The canonical form, byte for byte what the hash is over. Source: domain.md 8, lessons.md L4."""
    sha256: Mapped[str] = mapped_column(String(64))
    net_cents: Mapped[Cents]
    vat_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    vat_cents: Mapped[Cents]
    gross_cents: Mapped[Cents]
    split_payment: Mapped[bool]
    due_cents: Mapped[Cents]
    created_at: Mapped[datetime]
