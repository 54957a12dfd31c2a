"""Space bought in the middle of a term: what was ordered, at which price, and whether it is there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.extra_space import ExtraSpacePolicy
from portal.store.base import Base, Cents, Email, Id, enum_type
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.store.space_ends import SpaceEnd

_UNDER_WAY = text("closed_at IS NULL")


class SpacePurchase(Base):
    """The content of an order of kind extra_space. Source: domain.md 8.4."""

    __tablename__ = "space_purchase"
    __table_args__ = (
        CheckConstraint(
            "mailbox_gb >= 0 AND archive_gb >= 0 AND mailbox_gb + archive_gb > 0", name="some_space"
        ),
        UniqueConstraint("mailbox_id", "renews_from"),
        Index(
            "uq_space_purchase_under_way",
            "mailbox_id",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), unique=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    address: Mapped[Email]
    policy: Mapped[ExtraSpacePolicy] = mapped_column(enum_type(ExtraSpacePolicy))
    mailbox_gb: Mapped[int]
    archive_gb: Mapped[int]
    """How much was added, or renewed."""
    months: Mapped[int]
    """Charged; 0: free until the expiry."""
    mailbox_net_cents: Mapped[Cents]
    archive_net_cents: Mapped[Cents]
    renewal_net_cents: Mapped[Cents]
    """What a year of it costs at the renewal, as it was told."""
    expires_on: Mapped[date]
    """The day to which it is paid; the mailbox's expiry does not move."""
    renews_from: Mapped[date | None]
    """The last day paid before, where space that was there is renewed from credit; None: it was added."""
    closed_at: Mapped[datetime | None]
    """When it was there, or known to be impossible."""
    refusal: Mapped[str | None] = mapped_column(String(64))


def purchase_of(session: Session, order_id: int) -> SpacePurchase | None:
    """Return what an order bought, None for an order of another kind."""
    return session.scalar(select(SpacePurchase).where(SpacePurchase.order_id == order_id))


def being_set_up(session: Session, mailbox_ids: Collection[int]) -> set[int]:
    """Return which of the mailboxes have space that was paid and is not there yet, or is being taken away."""
    coming = select(SpacePurchase.mailbox_id).where(
        SpacePurchase.mailbox_id.in_(mailbox_ids), SpacePurchase.closed_at.is_(None)
    )
    going = select(SpaceEnd.mailbox_id).where(
        SpaceEnd.mailbox_id.in_(mailbox_ids), SpaceEnd.closed_at.is_(None)
    )
    return set(session.scalars(coming.union(going)))


def open_purchases(session: Session, ids: Collection[int]) -> list[tuple[SpacePurchase, Mailbox, Order]]:
    """Return the purchases still to be set up, with their mailboxes and orders as they are now."""
    rows = session.execute(
        select(SpacePurchase, Mailbox, Order)
        .join(Mailbox, Mailbox.id == SpacePurchase.mailbox_id)
        .join(Order, Order.id == SpacePurchase.order_id)
        .where(SpacePurchase.id.in_(ids), SpacePurchase.closed_at.is_(None))
        .order_by(SpacePurchase.id)
        .execution_options(populate_existing=True)
    )
    return [(purchase, mailbox, order) for purchase, mailbox, order in rows]


def holds_mailbox(session: Session, mailbox_id: int) -> bool:
    """Say whether an open order's term is waiting for this mailbox."""
    held = select(OrderLine.id).where(OrderLine.mailbox_id == mailbox_id, OrderLine.is_open).limit(1)
    return session.scalar(held) is not None
