"""The operator's price list: dated rows, never changed once they have been in force."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    CheckConstraint,
    Date,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.price_list import Item, Price, PriceList, price_list_on
from portal.store.base import Base, Cents, Id, enum_type
from portal.store.conventions import PAID_BY_MEMBER, ConventionRow, in_force
from portal.store.extras import ExtraRow, on_offer
from portal.store.promotions import PromotionRow


class PriceRow(Base):
    """What one item costs, net of VAT, per year, between two days."""

    __tablename__ = "price"
    __table_args__ = (
        UniqueConstraint("item", "valid_from"),
        CheckConstraint("net_cents >= 0", name="net_not_negative"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period_forward"),
    )

    id: Mapped[Id]
    item: Mapped[Item] = mapped_column(enum_type(Item))
    net_cents: Mapped[Cents]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """Last day in force; None while no successor is known."""
    terms: Mapped[str] = mapped_column(String(20), default="1,2,3,4,5")
    """Years that may be bought, comma separated."""

    def as_price(self) -> Price:
        return Price(self.item, self.net_cents, self.valid_from, self.valid_to, years_in(self.terms))


def years_in(terms: str) -> frozenset[int]:
    """Return the years that the text of a price row's `terms` names."""
    return frozenset(int(years) for years in terms.split(","))


_DAY = bindparam("day", type_=Date)
_IN_FORCE = union_all(
    select(literal_column("'price'").label("kind"), PriceRow.id.label("id")).where(
        PriceRow.valid_from <= _DAY, or_(PriceRow.valid_to.is_(None), PriceRow.valid_to >= _DAY)
    ),
    select(literal_column("'promotion'"), PromotionRow.id).where(
        PromotionRow.valid_from <= _DAY, PromotionRow.valid_to >= _DAY
    ),
    select(literal_column("'convention'"), ConventionRow.id).where(in_force(_DAY), PAID_BY_MEMBER),
    select(literal_column("'extra'"), ExtraRow.id).where(on_offer(_DAY)),
).subquery()
_LIST = (
    select(PriceRow, PromotionRow, ConventionRow, ExtraRow)
    .select_from(_IN_FORCE)
    .outerjoin(PriceRow, and_(_IN_FORCE.c.kind == "price", PriceRow.id == _IN_FORCE.c.id))
    .outerjoin(PromotionRow, and_(_IN_FORCE.c.kind == "promotion", PromotionRow.id == _IN_FORCE.c.id))
    .outerjoin(ConventionRow, and_(_IN_FORCE.c.kind == "convention", ConventionRow.id == _IN_FORCE.c.id))
    .outerjoin(ExtraRow, and_(_IN_FORCE.c.kind == "extra", ExtraRow.id == _IN_FORCE.c.id))
)
"""Each row is one thing in force, beside three NULLs. Built once: it is read at every change of a renewal."""


def prices_on(session: Session, day: date) -> PriceList:
    """Return what is in force on `day`: prices, promotions, members' conventions, extras; one statement."""
    rows = session.execute(_LIST, {"day": day}).all()
    return price_list_on(
        [row.PriceRow.as_price() for row in rows if row.PriceRow],
        day,
        [row.PromotionRow.as_promotion() for row in rows if row.PromotionRow],
        [row.ExtraRow.as_extra() for row in rows if row.ExtraRow],
        [row.ConventionRow.as_convention() for row in rows if row.ConventionRow],
    )
