"""The row that every refund through a gateway begins with, and the work that follows from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.money import Cents
from portal.domain.refunds import RefundState
from portal.store.attempts import PaymentAttempt
from portal.store.outbox import enqueue
from portal.store.refunds import GatewayRefund

PREFIX = "r-"
"""Begins the references of refunds, as `p-` those of payments."""


def open_refund(
    session: Session,
    attempt: PaymentAttempt,
    cents: Cents,
    *,
    withdrawal_id: int | None = None,
    payment_id: int | None = None,
    now: datetime,
) -> None:
    """Write a refund of what an attempt brought in down, for a withdrawal or of money that paid nothing."""
    refund = GatewayRefund(
        withdrawal_id=withdrawal_id,
        payment_id=payment_id,
        attempt_id=attempt.id,
        reference=PREFIX + attempt.reference.partition("-")[2],
        amount_cents=cents,
        state=RefundState.OPEN,
        opened_at=now,
    )
    session.add(refund)
    session.flush()
    payload = {"reference": refund.reference, "number": 0}
    enqueue(session, "payment.refund", f"payment.refund:{refund.reference}:0", payload, now=now)
