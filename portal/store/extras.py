"""The operator's list of extras, how many of each a draft takes, and what an order holds of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    String,
    UniqueConstraint,
    and_,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.extras import Extra, said_in
from portal.domain.orders import OrderState
from portal.domain.pricing import QuoteLine
from portal.store.base import Base, Cents, Id
from portal.store.drafts import RenewalDraft
from portal.store.orders import Order


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
    name_de: Mapped[str] = mapped_column(String(80), default="")
    """Empty: as in Italian."""
    description_de: Mapped[str] = mapped_column(String(300), default="")
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
            self.name_de,
            self.description_de,
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
    name_de: Mapped[str] = mapped_column(String(80), default="")
    pieces: Mapped[int]
    unit_cents: Mapped[Cents]
    net_cents: Mapped[Cents]
    sent_at: Mapped[datetime | None]
    """When the operator sent them; to be sent once the order is paid."""

    def name(self, language: str) -> str:
        """Return its name for people who read that language, else in Italian."""
        return said_in(language, it=self.name_it, en=self.name_en, de=self.name_de)


PIECES = (
    select(func.aggregate_strings(cast(DraftExtra.pieces, String) + " " + DraftExtra.code, ","))
    .where(DraftExtra.draft_id == RenewalDraft.id)
    .correlate(RenewalDraft)
    .scalar_subquery()
)
"""What a draft takes of each extra as one value of its own row; `pieces_in` reads it."""


def pieces_in(text: str | None) -> dict[str, int]:
    """Return what PIECES found: how many pieces of each extra, by code."""
    found = (taken.split(" ") for taken in (text.split(",") if text else []))
    return {code: int(pieces) for pieces, code in found}


def on_offer(day: ColumnElement[date]) -> ColumnElement[bool]:
    """Return the condition «this extra is offered on the day»."""
    return and_(ExtraRow.valid_from <= day, or_(ExtraRow.valid_to.is_(None), ExtraRow.valid_to >= day))


def draft_pieces(session: Session, draft_id: int) -> dict[str, int]:
    """Return how many pieces of each extra a draft takes, by code, on offer or not."""
    rows = session.execute(select(DraftExtra.code, DraftExtra.pieces).where(DraftExtra.draft_id == draft_id))
    return {row.code: row.pieces for row in rows}


def set_draft_extras(session: Session, draft_id: int, pieces: Mapping[str, int]) -> None:
    """Keep how many pieces of each extra the draft takes, in place of what it took before."""
    session.execute(delete(DraftExtra).where(DraftExtra.draft_id == draft_id))
    rows = [{"draft_id": draft_id, "code": code, "pieces": count} for code, count in pieces.items() if count]
    if rows:
        session.execute(insert(DraftExtra), rows)


def order_extras(session: Session, order_id: int) -> Sequence[OrderExtra]:
    """Return what an order holds beside its mailboxes, by code."""
    return session.scalars(
        select(OrderExtra).where(OrderExtra.order_id == order_id).order_by(OrderExtra.code)
    ).all()


def store_order_extras(session: Session, order_id: int, lines: Iterable[QuoteLine]) -> None:
    """Store what of a quote's lines is paid once, as it was offered."""
    rows = [
        {
            "order_id": order_id,
            "code": extra.code,
            "name_it": extra.name_it,
            "name_en": extra.name_en,
            "name_de": extra.name_de,
            "pieces": line.quantity,
            "unit_cents": line.charge.unit_cents,
            "net_cents": line.net_cents,
        }
        for line in lines
        if (extra := line.charge.extra) is not None
    ]
    if rows:
        session.execute(insert(OrderExtra), rows)


def extra_of_order(session: Session, order_id: int, code: str) -> OrderExtra | None:
    """Return one extra of an order, or None."""
    return session.scalar(
        select(OrderExtra).where(OrderExtra.order_id == order_id, OrderExtra.code == code.lower())
    )


def extras_to_send(
    session: Session, states: Iterable[OrderState], *, limit: int
) -> Sequence[Row[OrderExtra, Order]]:
    """Return what has not been sent of orders in these states, the longest waiting first."""
    return session.execute(
        select(OrderExtra, Order)
        .join(Order, Order.id == OrderExtra.order_id)
        .where(OrderExtra.sent_at.is_(None), Order.state.in_(states))
        .order_by(Order.paid_at, OrderExtra.id)
        .limit(limit)
    ).all()
