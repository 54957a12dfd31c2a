"""The operator's list of extras, how many of each a draft takes, and what an order holds of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.extras import Extra
from portal.store.base import Base, Cents, Id


class ExtraRow(Base):
    """What one extra costs, once and net of VAT, between two days, and what it is."""

    __tablename__ = "extra"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        CheckConstraint("net_cents >= 0", name="net_not_negative"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period_forward"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(32))
    name_it: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    description_it: Mapped[str] = mapped_column(String(300), default="")
    description_en: Mapped[str] = mapped_column(String(300), default="")
    net_cents: Mapped[Cents]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """Last day on offer; None until further notice."""

    def as_extra(self) -> Extra:
        return Extra(
            self.code,
            self.name_it,
            self.name_en,
            self.net_cents,
            self.valid_from,
            self.valid_to,
            self.description_it,
            self.description_en,
        )


class DraftExtra(Base):
    """How many pieces of an extra a renewal shall hold; no row is none."""

    __tablename__ = "draft_extra"
    __table_args__ = (CheckConstraint("pieces > 0", name="some"),)

    draft_id: Mapped[int] = mapped_column(
        ForeignKey("renewal_draft.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    pieces: Mapped[int]


class OrderExtra(Base):
    """Pieces of an extra in an order, as they were offered: somebody has to send them."""

    __tablename__ = "order_extra"
    __table_args__ = (
        UniqueConstraint("order_id", "code"),
        CheckConstraint("pieces > 0", name="some"),
        CheckConstraint("net_cents = unit_cents * pieces", name="net_is_product"),
        Index("ix_order_extra_sent_at", "sent_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    code: Mapped[str] = mapped_column(String(32))
    name_it: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    pieces: Mapped[int]
    unit_cents: Mapped[Cents]
    net_cents: Mapped[Cents]
    sent_at: Mapped[datetime | None]
    """When the operator sent them; to be sent once the order is paid."""

    def name(self, language: str) -> str:
        """Return its name for people who read that language, else in Italian."""
        return self.name_en if language == "en" else self.name_it


def draft_extras(session: Session, draft_id: int, day: date) -> list[tuple[Extra, int]]:
    """Return the extras on offer that day, by code, and how many pieces of each the draft takes."""
    rows = session.execute(
        select(ExtraRow, DraftExtra.pieces)
        .outerjoin(DraftExtra, and_(DraftExtra.code == ExtraRow.code, DraftExtra.draft_id == draft_id))
        .where(ExtraRow.valid_from <= day, or_(ExtraRow.valid_to.is_(None), ExtraRow.valid_to >= day))
        .order_by(ExtraRow.code)
    )
    return [(row.as_extra(), pieces or 0) for row, pieces in rows]
