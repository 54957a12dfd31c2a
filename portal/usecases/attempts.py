"""Tries to pay an order at a gateway: begun, answered, settled; `portal/till.py` asks the gateway in between.

An attempt is written down before the gateway hears of it, and an order has one open attempt at most; what the
gateway says moves it forward, and money it reports enters by `payments.settle`. Source: hardening.md 3.2 (2).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.attempts import DECLINES, Failure, Standing, is_open_attempt, question_after
from portal.domain.credit_errors import MethodNotOffered
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound, OrderNotPayable
from portal.domain.orders import is_payable, may_pay_by
from portal.domain.payments import PaymentMethod, PaymentState, can_move_payment
from portal.ports import GatewayReport, HostedPage, PaymentRequest
from portal.store import attempts, order_facts, order_queries
from portal.store.attempts import PaymentAttempt, WebhookEvent
from portal.store.orders import Order
from portal.store.outbox import enqueue
from portal.usecases import auto_renewal_effects, notices, stored_methods
from portal.usecases.payments import Money, settle

PREFIX = "p-"
"""Begins the references of payments, as `m-` those of stored methods."""
_RANDOM_BYTES = 15


@dataclass(frozen=True, slots=True)
class Place:
    """Where a payment is to be made: the method, and the gateway that has it."""

    method: PaymentMethod
    gateway: str
    return_to: str
    """The address the gateway's page leads back to, with `{number}` and `{reference}` to be filled in."""


@dataclass(frozen=True, slots=True)
class OpenedAttempt:
    """An attempt and what the gateway is to be asked for it."""

    gateway: str
    number: str
    request: PaymentRequest
    is_new: bool
    """False: another request has begun it, and it is to be asked about first."""
    is_charge: bool = False
    """Whether a stored method is charged: such an attempt has no page to go on with."""


def open_attempt(
    session: Session, subject: Subject, number: str, place: Place, *, now: datetime
) -> OpenedAttempt:
    """Return the order's open attempt, a new one if there is none; an old one is to be asked about first.

    Raises NotFound, OrderNotPayable, MethodNotOffered.
    """
    visible = order_queries.visible_order(session, subject, number)
    if visible is None:
        raise NotFound
    order = order_facts.locked_order(session, visible.id)
    if not is_payable(order.state):
        raise OrderNotPayable(order.state)
    if not may_pay_by(order.kind, place.method):
        raise MethodNotOffered(place.method)
    before = attempts.open_attempt(session, order.id)
    if before is not None:
        return _opened(before, order, place.return_to, is_new=False)
    attempt = PaymentAttempt(
        order_id=order.id,
        reference=PREFIX + secrets.token_hex(_RANDOM_BYTES),
        method=place.method,
        gateway=place.gateway,
        amount_cents=order.due_cents,
        keeps_method=stored_methods.is_wanted(session, order),
        state=PaymentState.INITIATED,
        opened_at=now,
    )
    session.add(attempt)
    session.flush()
    ask_later(session, attempt.reference, 0, attempt.opened_at, now=now)
    return _opened(attempt, order, place.return_to, is_new=True)


def page_opened(session: Session, reference: str, page: HostedPage) -> bool:
    """Record the page on which the customer pays; False if the attempt was decided meanwhile."""
    _lock(session, reference)
    return attempts.move_attempt(
        session, reference, PaymentState.PENDING, gateway_key=page.key, page_url=page.url
    )


def outcome_unknown(session: Session, reference: str) -> None:
    """Record that nobody knows what became of it, until the gateway is asked."""
    _lock(session, reference)
    attempts.move_attempt(session, reference, PaymentState.UNKNOWN)


def never_began(session: Session, reference: str, *, now: datetime) -> None:
    """Record that the gateway could not be asked at all: nothing was charged."""
    _lock(session, reference)
    _fail(session, reference, Failure.NEVER_STARTED, now)


def record_report(session: Session, reference: str, report: GatewayReport, *, now: datetime) -> None:
    """Record what the gateway said, whoever asked it; again, or older news after newer, changes nothing."""
    found = _lock(session, reference)
    if found is None:
        return
    attempt, order = found
    attempt.gateway_key = report.key or attempt.gateway_key
    if report.standing is Standing.DONE:
        _paid(session, attempt, order, report, now)
    elif report.standing is Standing.FAILED:
        _decline(session, attempt, order, report.failure or Failure.REFUSED, now)
    elif report.standing is Standing.MISSING:
        if attempt.stored_method_id is None:  # not every gateway can find a charge whose answer was lost
            _fail(session, reference, Failure.NEVER_STARTED, now)
    else:
        _still_open(session, attempt, report)


def record_event(
    session: Session,
    gateway: str,
    event_id: str,
    reference: str,
    report: GatewayReport | None,
    *,
    now: datetime,
) -> bool:
    """Record an event and, in the same transaction, its effect; False for an event that had it already.

    Source: lessons.md 1 (3, 4).
    """
    event = WebhookEvent(gateway=gateway, event_id=event_id, reference=reference, received_at=now)
    try:
        with session.begin_nested():
            attempts.note_event(session, event)
    except IntegrityError:
        return False
    if report is not None:
        record_report(session, reference, report, now=now)
    return True


def is_known(session: Session, gateway: str, event_id: str) -> bool:
    """Say whether the event had its effect already."""
    return attempts.is_known_event(session, gateway, event_id)


def undecided_request(session: Session, reference: str) -> OpenedAttempt | None:
    """Return what the gateway is to be asked about an attempt; None once its money has arrived.

    What seemed to have failed is asked about too: it may have been paid after all.
    """
    found = attempts.attempt_with_order(session, reference)
    if found is None or not can_move_payment(found[0].state, PaymentState.SUCCEEDED):
        return None
    return _opened(*found, "", is_new=False)


def open_request(session: Session, subject: Subject, number: str) -> OpenedAttempt | None:
    """Return the open attempt of the subject's order, None where there is none. Raises NotFound."""
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    before = attempts.open_attempt(session, order.id)
    return _opened(before, order, "", is_new=False) if before is not None else None


def own_request(session: Session, subject: Subject, number: str, reference: str) -> OpenedAttempt | None:
    """Return the same for the customer who comes back from the gateway's page. Raises NotFound."""
    visible = order_queries.visible_order(session, subject, number)
    found = attempts.attempt_with_order(session, reference)
    if visible is None or found is None or found[1].id != visible.id:
        raise NotFound
    return undecided_request(session, reference)


def begin_questions(session: Session, references: Collection[str]) -> dict[str, OpenedAttempt]:
    """Return by reference what gateways are to be asked about those attempts that are still open."""
    found = attempts.open_attempts(session, references)
    return {attempt.reference: _opened(attempt, order, "", is_new=False) for attempt, order in found}


def ask_soon(session: Session, reference: str, *, due: datetime, now: datetime) -> None:
    """Have a worker ask the gateway once more, out of turn: the customer waits."""
    key = f"payment.ask:{reference}:soon:{due:%Y%m%dT%H%M%S}"
    payload = {"reference": reference, "number": None}
    enqueue(session, "payment.ask", key, payload, now=now, not_before=due)


def ask_later(session: Session, reference: str, number: int, opened_at: datetime, *, now: datetime) -> None:
    """Have the gateway asked about it by a worker, at the next time that question is due."""
    after = question_after(number)
    if after is not None:
        payload = {"reference": reference, "number": number}
        due = max(opened_at + after, now)
        enqueue(session, "payment.ask", f"payment.ask:{reference}:{number}", payload, now=now, not_before=due)


def _opened(attempt: PaymentAttempt, order: Order, return_to: str, *, is_new: bool) -> OpenedAttempt:
    request = PaymentRequest(
        reference=attempt.reference,
        method=attempt.method,
        amount_cents=attempt.amount_cents,
        about=order.number,
        return_url=return_to.format(number=order.number, reference=attempt.reference),
        opened_at=attempt.opened_at,
        keeps_method=attempt.keeps_method,
        key=attempt.gateway_key,
        may_charge=is_payable(order.state) and is_open_attempt(attempt.state),
    )
    is_charge = attempt.stored_method_id is not None
    return OpenedAttempt(attempt.gateway, order.number, request, is_new, is_charge)


def _lock(session: Session, reference: str) -> tuple[PaymentAttempt, Order] | None:
    """Return the attempt as it is once its order is locked, or None."""
    found = attempts.attempt_with_order(session, reference)
    if found is None:
        return None
    order = order_facts.locked_order(session, found[1].id)
    session.refresh(found[0])
    return found[0], order


def _money(attempt: PaymentAttempt, order: Order, report: GatewayReport, now: datetime) -> Money:
    return Money(
        number=order.number,
        amount_cents=report.amount_cents,
        paid_on=rome_day(now),
        method=attempt.method,
        reference=attempt.reference,
        currency=report.currency,
    )


def _paid(
    session: Session, attempt: PaymentAttempt, order: Order, report: GatewayReport, now: datetime
) -> None:
    """Let the money in; of «paid» without an amount nobody can say what it means, and a person looks."""
    if report.amount_cents <= 0:
        attempts.move_attempt(session, attempt.reference, PaymentState.UNKNOWN)
        return
    settle(session, _money(attempt, order, report, now), now=now)
    if report.kept is not None:
        stored_methods.keep_from_payment(session, order, attempt, report.kept, now=now)


def _decline(
    session: Session, attempt: PaymentAttempt, order: Order, failure: Failure, now: datetime
) -> None:
    if not _fail(session, attempt.reference, failure, now):
        return
    if attempt.stored_method_id is not None:
        auto_renewal_effects.charge_failed(session, order, attempt, failure, now=now)
    elif failure in DECLINES:
        notices.payment_failed(session, order, attempt.reference, attempt.method, failure, now=now)


def _fail(session: Session, reference: str, failure: Failure, now: datetime) -> bool:
    return attempts.move_attempt(
        session, reference, PaymentState.FAILED, failure=failure, ended_at=now, page_url=""
    )


def _still_open(session: Session, attempt: PaymentAttempt, report: GatewayReport) -> None:
    """Record the gateway's name for it and its page; an unknown attempt stays so only until it was asked."""
    if attempt.state in (PaymentState.INITIATED, PaymentState.UNKNOWN, PaymentState.PENDING):
        attempt.page_url = report.page_url
        if attempt.state is PaymentState.INITIATED:
            attempt.state = PaymentState.PENDING
