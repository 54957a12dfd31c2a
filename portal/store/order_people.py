"""The people of an order as they were when it was placed: who is invoiced, and the mailboxes' holders.

Later changes do not touch them. Source: domain.md 5 (2).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ForeignKey, String, insert, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.customers import CustomerKind
from portal.store.accounts import Holder
from portal.store.base import Base, Email, enum_type
from portal.store.billing import BillingColumns, BillingProfile
from portal.store.orders import OrderLine

BILLING_COLUMNS = tuple(
    column.name
    for column in BillingProfile.__table__.columns
    if column.name not in {"id", "account_id", "mailbox_id", "updated_at"}
)


class OrderBilling(BillingColumns, Base):
    """Who is invoiced for an order."""

    __tablename__ = "order_billing"

    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), primary_key=True)
    is_accounts: Mapped[bool]
    """The profile was the account's: a mailbox's own session does not get to read it."""


class OrderHolder(Base):
    """One holder of an order's mailboxes, however many of those there are."""

    __tablename__ = "order_holder"

    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), primary_key=True)
    holder_id: Mapped[int] = mapped_column(primary_key=True)
    """The holder's row at that time; it may be gone since, so nothing refers to it."""
    kind: Mapped[CustomerKind] = mapped_column(enum_type(CustomerKind))
    first_name: Mapped[str] = mapped_column(String(60))
    last_name: Mapped[str] = mapped_column(String(60))
    business_name: Mapped[str] = mapped_column(String(80))
    tax_code: Mapped[str] = mapped_column(String(16))
    vat_number: Mapped[str] = mapped_column(String(11))
    contact_email: Mapped[Email]
    phone: Mapped[str] = mapped_column(String(20))
    mobile: Mapped[str] = mapped_column(String(20))
    street: Mapped[str] = mapped_column(String(60))
    street_number: Mapped[str] = mapped_column(String(8))
    postal_code: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(60))
    province: Mapped[str] = mapped_column(String(2))
    country: Mapped[str] = mapped_column(String(2))

    @property
    def display_name(self) -> str:
        return self.business_name or f"{self.first_name} {self.last_name}".strip()


def keep_holders(session: Session, order_id: int) -> None:
    """Copy the holders of an order's lines, each once: one statement, 20,000 lines as two."""
    names = [column.name for column in OrderHolder.__table__.columns if column.name != "order_id"]
    copied: list[Any] = [Holder.id if name == "holder_id" else getattr(Holder, name) for name in names]
    of_the_order = select(OrderLine.holder_id).where(OrderLine.order_id == order_id).distinct()
    rows = select(literal(order_id), *copied).where(Holder.id.in_(of_the_order))
    session.execute(insert(OrderHolder).from_select(["order_id", *names], rows, include_defaults=False))


def keep_billing(session: Session, order_id: int, profile: BillingProfile) -> None:
    """Copy the profile that an order is invoiced by."""
    values = {name: getattr(profile, name) for name in BILLING_COLUMNS}
    is_accounts = profile.account_id is not None
    session.execute(insert(OrderBilling).values(order_id=order_id, is_accounts=is_accounts, **values))


def billing_of(session: Session, order_id: int) -> OrderBilling | None:
    """Return who is invoiced for an order; None for one placed before orders kept it."""
    return session.get(OrderBilling, order_id)


def holders_of(session: Session, order_id: int, holder_ids: Collection[int]) -> dict[int, OrderHolder]:
    """Return these holders of an order, by the number its lines know them by."""
    rows = session.scalars(
        select(OrderHolder).where(OrderHolder.order_id == order_id, OrderHolder.holder_id.in_(holder_ids))
    )
    return {row.holder_id: row for row in rows}
