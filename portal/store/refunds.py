"""Refunds sent through gateways: written down before the gateway hears of them, one for each reason."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.refunds import RefundState
from portal.store.attempts import PaymentAttempt
from portal.store.base import Base, Cents, Id, enum_type
from portal.store.orders import Order
from portal.store.payments import Payment


class GatewayRefund(Base):
    """What goes back of one payment, by the way it came. Source: hardening.md 3.2 (2)."""

    __tablename__ = "gateway_refund"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("(withdrawal_id IS NULL) <> (payment_id IS NULL)", name="one_reason"),
    )

    id: Mapped[Id]
    withdrawal_id: Mapped[int | None] = mapped_column(ForeignKey("withdrawal.id"), unique=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    """Why it goes back: a withdrawal, or money that was charged and paid nothing."""
    attempt_id: Mapped[int] = mapped_column(ForeignKey("payment_attempt.id"), index=True)
    """What it was paid with."""
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    """Ours: the gateway's idempotency key."""
    amount_cents: Mapped[Cents]
    state: Mapped[RefundState] = mapped_column(enum_type(RefundState), default=RefundState.OPEN)
    gateway_key: Mapped[str] = mapped_column(String(255), default="")
    """The gateway's own name for it; empty until it answered."""
    words: Mapped[str] = mapped_column(String(200), default="")
    """Why it was refused, or could not be asked, for the operator."""
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def attempt_paid_by(session: Session, order_id: int) -> PaymentAttempt | None:
    """Return the attempt whose money paid the order; None where it was paid in another way."""
    return session.scalar(
        select(PaymentAttempt)
        .join(Payment, Payment.reference == PaymentAttempt.reference)
        .where(
            PaymentAttempt.order_id == order_id,
            Payment.order_id == order_id,
            Payment.method == PaymentAttempt.method,
            Payment.unapplied_reason.is_(None),
        )
    )


def refund_of(session: Session, withdrawal_id: int) -> GatewayRefund | None:
    """Return the withdrawal's refund through a gateway, or None."""
    return session.scalar(
        select(GatewayRefund)
        .where(GatewayRefund.withdrawal_id == withdrawal_id)
        .execution_options(populate_existing=True)
    )


def refunds_with_attempts(
    session: Session, references: Collection[str]
) -> list[tuple[GatewayRefund, PaymentAttempt, Order]]:
    """Return those refunds with what they give back and of which order."""
    rows = session.execute(
        select(GatewayRefund, PaymentAttempt, Order)
        .join(PaymentAttempt, PaymentAttempt.id == GatewayRefund.attempt_id)
        .join(Order, Order.id == PaymentAttempt.order_id)
        .where(GatewayRefund.reference.in_(references))
    )
    return [(row[0], row[1], row[2]) for row in rows]


def order_of_refund(session: Session, reference: str) -> int | None:
    """Return the order whose money a refund gives back; lock it before the refund."""
    return session.scalar(
        select(PaymentAttempt.order_id)
        .join(GatewayRefund, GatewayRefund.attempt_id == PaymentAttempt.id)
        .where(GatewayRefund.reference == reference)
    )


def refund_named(session: Session, reference: str) -> GatewayRefund:
    """Return the refund of that reference, as it is now that its order is locked."""
    return session.scalars(
        select(GatewayRefund)
        .where(GatewayRefund.reference == reference)
        .execution_options(populate_existing=True)
    ).one()


def refunds_of_payments(session: Session, payment_ids: Collection[int]) -> dict[int, RefundState]:
    """Return by payment what has become of the refunds of money that paid nothing."""
    of_these = GatewayRefund.payment_id.in_(payment_ids)
    rows = session.execute(select(GatewayRefund.payment_id, GatewayRefund.state).where(of_these))
    return {payment_id: state for payment_id, state in rows if payment_id is not None}


def payments_going_back(session: Session, payment_ids: Collection[int]) -> set[int]:
    """Return which of these payments are on their way back, or are back."""
    away = GatewayRefund.state != RefundState.REFUSED
    return set(
        session.scalars(
            select(GatewayRefund.payment_id).where(GatewayRefund.payment_id.in_(payment_ids), away)
        )
    )


def refunds_of(session: Session, withdrawal_ids: Collection[int]) -> dict[int, GatewayRefund]:
    """Return the refunds through gateways by withdrawal."""
    found = session.scalars(select(GatewayRefund).where(GatewayRefund.withdrawal_id.in_(withdrawal_ids)))
    return {refund.withdrawal_id: refund for refund in found if refund.withdrawal_id is not None}
