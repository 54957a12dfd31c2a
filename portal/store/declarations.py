"""What customers say they have paid: a claim beside the order, never money. Source: domain.md 5 (5)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, delete, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.store.base import Base, Id
from portal.store.orders import Order


class PaymentDeclaration(Base):
    """«Ho pagato»: one an order; declaring again corrects it."""

    __tablename__ = "payment_declaration"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), unique=True)
    reference: Mapped[str] = mapped_column(String(35), index=True)
    """CRO, TRN or VCYL, in capitals without spaces; the bank's word decides, not this."""
    sent_on: Mapped[date]
    """The day on which the customer says to have paid."""
    declared_at: Mapped[datetime]


IS_DECLARED = exists().where(PaymentDeclaration.order_id == Order.id).correlate(Order)
"""Whether the customer said to have paid the order; it tells something while that waits for money."""


def declaration_of(session: Session, order_id: int) -> PaymentDeclaration | None:
    """Return what was declared for the order, or None."""
    return session.scalar(select(PaymentDeclaration).where(PaymentDeclaration.order_id == order_id))


def withdraw_declaration(session: Session, order_id: int) -> None:
    """Forget what was declared for the order."""
    session.execute(delete(PaymentDeclaration).where(PaymentDeclaration.order_id == order_id))
