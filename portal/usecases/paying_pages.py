"""What the page of an unpaid order says about paying it at a gateway."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.attempts import DECLINES, Failure, is_open_attempt
from portal.domain.errors import NotFound
from portal.domain.money import Cents
from portal.domain.orders import OrderKind, is_payable
from portal.domain.payments import PaymentMethod
from portal.store import order_queries
from portal.store.attempts import PaymentAttempt, last_attempt
from portal.store.orders import Order


class Phase(StrEnum):
    """How far the customer has come with the newest attempt."""

    READY = "ready"
    ON_PAGE = "on_page"
    """The gateway's page waits for them."""
    VERIFYING = "verifying"
    DECLINED = "declined"
    BROKEN_OFF = "broken_off"
    """The customer came back from the gateway's page without having paid."""
    DOWN = "down"
    """The gateway could not be reached: nothing was charged."""


_PHASES = {Failure.NEVER_STARTED: Phase.DOWN, Failure.ABANDONED: Phase.BROKEN_OFF}


@dataclass(frozen=True, slots=True)
class Paying:
    """An order that waits for its money, and its newest attempt."""

    number: str
    due_cents: Cents
    chosen: PaymentMethod
    """How the order is to be paid, as it was chosen with the order."""
    phase: Phase
    kind: OrderKind = OrderKind.RENEWAL
    tried: PaymentMethod | None = None
    failure: Failure | None = None

    @property
    def is_moving(self) -> bool:
        """Say whether it may change by itself, so that looking again is worth it."""
        return self.phase in (Phase.ON_PAGE, Phase.VERIFYING)


def look_at_paying(session: Session, subject: Subject, number: str) -> Paying | None:
    """Return how paying the order stands; None when it does not wait for money. Raises NotFound."""
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    return paying_of(session, order)


def paying_of(session: Session, order: Order) -> Paying | None:
    """Return the same for an order at hand: one statement."""
    if not is_payable(order.state):
        return None
    attempt = last_attempt(session, order.id)
    if attempt is None:
        return Paying(order.number, order.due_cents, order.payment_method, Phase.READY, order.kind)
    return Paying(
        order.number,
        order.due_cents,
        order.payment_method,
        phase_of(attempt),
        order.kind,
        attempt.method,
        attempt.failure,
    )


def phase_of(attempt: PaymentAttempt) -> Phase:
    """Return what the customer is to know of an attempt."""
    if is_open_attempt(attempt.state):
        return Phase.ON_PAGE if attempt.page_url else Phase.VERIFYING
    if attempt.failure in DECLINES:
        return Phase.DECLINED
    return _PHASES.get(attempt.failure, Phase.READY) if attempt.failure else Phase.READY
