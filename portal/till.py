"""Asking gateways: what is intended is committed, then the gateway is asked, then its answer is recorded.

Web and workers do it by the same functions, outside of any transaction. Source: style.md 1, architecture.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog

from portal import till_methods
from portal.domain.access import Subject
from portal.domain.attempts import Standing
from portal.domain.payments import PaymentMethod
from portal.failpoints import Failpoint, reach
from portal.ports import (
    GatewayEvent,
    GatewayReport,
    OutsideFailure,
    PaymentGateway,
    Rejected,
    Unavailable,
    Unreachable,
)
from portal.usecases import attempts, refund_rows, refunds
from portal.usecases.attempts import OpenedAttempt, Place
from portal.wiring import Services

log = structlog.get_logger()
RETURN_PATH = "/ordini/{number}/pagamento/{reference}"
ROUNDS = 3
"""How often an attempt that turns out to be over is followed by a new one within one request."""
SOON = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))
"""When a worker asks again after a customer has come back: they are looking at the page."""


class Turn(StrEnum):
    """What the customer who pressed «Paga» is to see next."""

    TO_PAGE = "to_page"
    SETTLED = "settled"
    VERIFYING = "verifying"
    """Nobody knows yet what became of an attempt: no other is begun meanwhile."""
    DOWN = "down"
    """The gateway cannot be reached: nothing was charged, and another method may do."""


@dataclass(frozen=True, slots=True)
class PayAnswer:
    """The next turn, and the gateway's page where there is one."""

    turn: Turn
    page_url: str = ""


def pay(services: Services, subject: Subject, number: str, method: PaymentMethod) -> PayAnswer:
    """Open an attempt to pay the order, or go on with the open one; never two at once.

    Raises NotFound, OrderNotPayable, MethodNotOffered. Source: lessons.md 1 (2, 9), hardening.md 3.2 (2).
    """
    gateway = services.gateways.for_method(method)
    place = Place(method, gateway.name, services.settings.public_url + RETURN_PATH)
    for _ in range(ROUNDS):
        with services.transaction() as session:
            opened = attempts.open_attempt(session, subject, number, place, now=services.now())
        answer = _begin(services, opened) if opened.is_new else _resume(services, opened, method)
        if answer is not None:
            return answer
    return PayAnswer(Turn.VERIFYING)


def make_way(services: Services, subject: Subject, number: str, method: PaymentMethod) -> bool:
    """Close what is open of another way to pay the order; False while nobody knows what becomes of it.

    Then nobody pays on a page that was left behind. Raises NotFound. Source: lessons.md 1 (9).
    """
    with services.reading() as session:
        opened = attempts.open_request(session, subject, number)
    if opened is None or (opened.request.method is method and not opened.is_charge):
        return True
    answer = _resume(services, opened, method)
    return answer is None or answer.turn is not Turn.VERIFYING


def look_again(services: Services, subject: Subject, number: str, reference: str) -> None:
    """Ask about an attempt whose customer has come back, and record the answer; a worker asks again soon.

    Raises NotFound.
    """
    with services.reading() as session:
        opened = attempts.own_request(session, subject, number, reference)
    if opened is None:
        return
    report = _asked(services, opened)
    if report is None or report.standing in (Standing.OPEN, Standing.PROCESSING):
        with services.transaction() as session:
            for after in SOON:
                attempts.ask_soon(session, reference, now=services.now(), due=services.now() + after)


def hear(services: Services, name: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take a webhook as a hint: ask the gateway, record event and effect in one transaction.

    An event that had its effect is a quiet success. Raises Rejected for what the gateway did not send,
    Unavailable when it cannot be asked: it will send the event again.
    """
    event = services.gateways.named(name).read_event(headers, body, now=services.now())
    with services.reading() as session:
        is_known = attempts.is_known(session, name, event.event_id)
    if is_known:
        return
    if till_methods.is_method(event.reference):
        till_methods.hear(services, name, event)
    elif event.reference.startswith(refund_rows.PREFIX):
        _hear_of_refund(services, name, event)
    else:
        _hear_of_payment(services, name, event)


def _hear_of_refund(services: Services, name: str, event: GatewayEvent) -> None:
    """Let a worker ask about a refund: nobody waits for it on a page."""
    with services.transaction() as session:
        now = services.now()
        if attempts.record_event(session, name, event.event_id, event.reference, None, now=now):
            refunds.hear(session, event.reference, event.event_id, now=now)


def _hear_of_payment(services: Services, name: str, event: GatewayEvent) -> None:
    gateway = services.gateways.named(name)
    with services.reading() as session:
        opened = attempts.undecided_request(session, event.reference)
    report = gateway.ask(opened.request) if opened is not None and opened.gateway == name else None
    with services.transaction() as session:
        attempts.record_event(session, name, event.event_id, event.reference, report, now=services.now())


def _begin(services: Services, opened: OpenedAttempt) -> PayAnswer | None:
    """Return the page of the attempt; None if it was decided while the gateway was asked."""
    reference = opened.request.reference
    reach(Failpoint.ATTEMPT_COMMITTED)
    try:
        page = _gateway(services, opened).start(opened.request)
    except (Unreachable, Rejected) as failure:
        log.error("payment_not_begun", gateway=opened.gateway, reference=reference, error=str(failure))
        with services.transaction() as session:
            attempts.never_began(session, reference, now=services.now())
        return PayAnswer(Turn.DOWN)
    except Unavailable as failure:
        log.warning("payment_unknown", gateway=opened.gateway, reference=reference, error=str(failure))
        with services.transaction() as session:
            attempts.outcome_unknown(session, reference)
        return PayAnswer(Turn.VERIFYING)
    reach(Failpoint.ATTEMPT_BEGUN)
    with services.transaction() as session:
        is_open = attempts.page_opened(session, reference, page)
    return PayAnswer(Turn.TO_PAGE, page.url) if is_open else None


def _resume(services: Services, opened: OpenedAttempt, method: PaymentMethod) -> PayAnswer | None:
    """Return how an open attempt goes on; None if it is over and another may begin."""
    keeps_missing = opened.is_charge or opened.request.method is method
    report = _asked(services, opened, keeps_missing=keeps_missing)
    if report is None or report.standing is Standing.PROCESSING:
        return PayAnswer(Turn.VERIFYING)
    if report.standing is Standing.DONE:
        return PayAnswer(Turn.SETTLED)
    if opened.is_charge and report.standing is not Standing.FAILED:
        return PayAnswer(Turn.VERIFYING)  # a page beside a charge under way could be paid besides
    if report.standing is Standing.MISSING and opened.request.method is method:
        return _begin(services, opened)
    if report.standing is Standing.OPEN:
        if opened.request.method is method:
            return PayAnswer(Turn.TO_PAGE, report.page_url)
        return _close(services, opened)
    return None


def _close(services: Services, opened: OpenedAttempt) -> PayAnswer | None:
    """Close an attempt whose customer wants to pay in another way; None if that may begin now."""
    try:
        report = _gateway(services, opened).close(opened.request)
    except OutsideFailure as failure:
        log.warning("payment_not_closed", reference=opened.request.reference, error=str(failure))
        return PayAnswer(Turn.VERIFYING)
    _record(services, opened, report)
    return PayAnswer(Turn.SETTLED) if report.standing is Standing.DONE else None


def _asked(services: Services, opened: OpenedAttempt, *, keeps_missing: bool = False) -> GatewayReport | None:
    """Return what the gateway says, recorded; None when it cannot be asked.

    `keeps_missing` leaves an attempt open that the gateway has not heard of yet: it is about to.
    """
    try:
        report = _gateway(services, opened).ask(opened.request)
    except OutsideFailure as failure:
        log.warning("payment_not_asked", reference=opened.request.reference, error=str(failure))
        return None
    if report.standing is not Standing.MISSING or not keeps_missing:
        _record(services, opened, report)
    return report


def _record(services: Services, opened: OpenedAttempt, report: GatewayReport) -> None:
    reach(Failpoint.ATTEMPT_ANSWERED)
    with services.transaction() as session:
        attempts.record_report(session, opened.request.reference, report, now=services.now())


def _gateway(services: Services, opened: OpenedAttempt) -> PaymentGateway:
    return services.gateways.named(opened.gateway)
