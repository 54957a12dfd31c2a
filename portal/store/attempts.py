"""Tries to pay at a gateway, and what gateways have told us of themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.attempts import OPEN_STATES, Failure
from portal.domain.payments import PAYMENT_MOVES, PaymentMethod, PaymentState
from portal.store.base import Base, Cents, Id, enum_type
from portal.store.dialects import among
from portal.store.orders import Order

_OPEN = text("state IN ('initiated', 'pending', 'unknown')")


class PaymentAttempt(Base):
    """One try to pay an order; written down before the gateway hears of it. Source: hardening.md 3.2 (2)."""

    __tablename__ = "payment_attempt"
    __table_args__ = (
        Index(
            "uq_payment_attempt_open_order",
            "order_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failure_of_the_failed"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    """Ours: the gateway's idempotency key, and the reference of the payment it becomes."""
    method: Mapped[PaymentMethod] = mapped_column(enum_type(PaymentMethod))
    gateway: Mapped[str] = mapped_column(String(32))
    gateway_key: Mapped[str] = mapped_column(String(255), default="")
    """The gateway's own name for it; empty until it answered."""
    page_url: Mapped[str] = mapped_column(Text, default="")
    """The gateway's page, while the customer may still pay there."""
    amount_cents: Mapped[Cents]
    keeps_method: Mapped[bool] = mapped_column(default=False)
    """Whether what it is paid with is stored for later charges, as the customer agreed."""
    stored_method_id: Mapped[int | None] = mapped_column(ForeignKey("stored_method.id"))
    """The stored method that is charged; None where the customer pays on the gateway's page."""
    state: Mapped[PaymentState] = mapped_column(enum_type(PaymentState), default=PaymentState.INITIATED)
    failure: Mapped[Failure | None] = mapped_column(enum_type(Failure))
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was decided, one way or the other."""


class WebhookEvent(Base):
    """An event that had its effect, stored in the effect's own transaction. Source: lessons.md 1 (4)."""

    __tablename__ = "webhook_event"
    __table_args__ = (UniqueConstraint("gateway", "event_id"),)

    id: Mapped[Id]
    gateway: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str] = mapped_column(String(255))
    reference: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]


def open_attempt(session: Session, order_id: int) -> PaymentAttempt | None:
    """Return the attempt that stands in the way of another; lock the order before."""
    return session.scalar(
        select(PaymentAttempt)
        .where(PaymentAttempt.order_id == order_id, PaymentAttempt.state.in_(OPEN_STATES))
        .execution_options(populate_existing=True)
    )


def last_attempt(session: Session, order_id: int) -> PaymentAttempt | None:
    """Return the newest attempt of the order, or None."""
    return session.scalar(
        select(PaymentAttempt)
        .where(PaymentAttempt.order_id == order_id)
        .order_by(PaymentAttempt.id.desc())
        .limit(1)
    )


def count_attempts(session: Session, order_id: int) -> int:
    """Return how many attempts of the order there have been; lock the order before."""
    return session.scalar(select(func.count()).where(PaymentAttempt.order_id == order_id)) or 0


def count_charging(session: Session, order_ids: Collection[int]) -> int:
    """Return how many of the orders are being charged of a stored method, their customers absent."""
    charging = PaymentAttempt.state.in_(OPEN_STATES) & PaymentAttempt.stored_method_id.is_not(None)
    query = select(func.count()).where(among(session, PaymentAttempt.order_id, order_ids), charging)
    return session.scalar(query) or 0


def attempt_with_order(session: Session, reference: str) -> tuple[PaymentAttempt, Order] | None:
    """Return the attempt of that reference with its order, or None."""
    found = session.execute(
        select(PaymentAttempt, Order)
        .join(Order, Order.id == PaymentAttempt.order_id)
        .where(PaymentAttempt.reference == reference)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def open_attempts(session: Session, references: Collection[str]) -> Sequence[tuple[PaymentAttempt, Order]]:
    """Return those of the attempts that are not decided yet, with their orders."""
    rows = session.execute(
        select(PaymentAttempt, Order)
        .join(Order, Order.id == PaymentAttempt.order_id)
        .where(PaymentAttempt.reference.in_(references), PaymentAttempt.state.in_(OPEN_STATES))
    )
    return [(attempt, order) for attempt, order in rows]


def move_attempt(session: Session, reference: str, state: PaymentState, **values: Any) -> bool:
    """Bring the attempt forward; return False, changing nothing, where the move is none.

    Lock the order before. The row count decides who of several was first. Source: hardening.md 3.2 (4).
    """
    before = [each for each, after in PAYMENT_MOVES.items() if state in after]
    moved = session.execute(
        update(PaymentAttempt)
        .where(PaymentAttempt.reference == reference, PaymentAttempt.state.in_(before))
        .values(state=state, failure=values.pop("failure", None), **values)
        .returning(PaymentAttempt.id)
        .execution_options(synchronize_session=False)
    )
    return moved.scalar_one_or_none() is not None


def note_event(session: Session, event: WebhookEvent) -> None:
    """Store the event beside its effect. Raises IntegrityError, at the flush, for one that is known."""
    session.add(event)
    session.flush()


def is_known_event(session: Session, gateway: str, event_id: str) -> bool:
    """Say whether the event had its effect already."""
    known = select(WebhookEvent.id).where(WebhookEvent.gateway == gateway, WebhookEvent.event_id == event_id)
    return session.scalar(known) is not None
