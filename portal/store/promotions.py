"""The operator's promotions: each code has one true end and is never used again."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.plans import Plan
from portal.domain.promotions import Promotion
from portal.store.base import Base, Cents, Id


class PromotionRow(Base):
    """A cheaper price of some plans between two days."""

    __tablename__ = "promotion"
    __table_args__ = (
        CheckConstraint("yearly_cents >= 0", name="price_not_negative"),
        CheckConstraint("valid_to >= valid_from", name="period_forward"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    plans: Mapped[str] = mapped_column(String(40))
    """Comma separated."""
    yearly_cents: Mapped[Cents]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """Last day, told to customers: it may come earlier, never later. Source: domain.md 8.5."""
    terms: Mapped[str] = mapped_column(String(20))
    """Years with this price, comma separated."""
    first_year_only: Mapped[bool]

    def as_promotion(self) -> Promotion:
        return Promotion(
            self.code,
            plans_in(self.plans),
            self.yearly_cents,
            self.valid_from,
            self.valid_to,
            frozenset(int(years) for years in self.terms.split(",")),
            self.first_year_only,
        )


def plans_in(text: str) -> frozenset[Plan]:
    """Return the plans that the text of a promotion's `plans` names."""
    return frozenset(map(Plan, text.split(",")))
