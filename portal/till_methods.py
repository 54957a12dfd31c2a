"""Storing methods at gateways: the same three steps as paying, with nothing to pay."""

from __future__ import annotations

import structlog

from portal.domain.access import Subject
from portal.failpoints import Failpoint, reach
from portal.ports import GatewayEvent, GatewayReport, HostedPage, OutsideFailure
from portal.usecases import attempts, method_changes
from portal.usecases.method_changes import OpenedMethod, Wish
from portal.wiring import Services

log = structlog.get_logger()
RETURN_PATH = "/metodi-di-pagamento/{reference}/esito"


def store(services: Services, subject: Subject, wish: Wish) -> HostedPage | None:
    """Return the page on which the method is stored; None when the gateway does not answer.

    Raises NotFound, ConsentChanged.
    """
    limits = services.settings.gateways.mandates
    with services.transaction() as session:
        opened = method_changes.open_method(session, subject, wish, limits, now=services.now())
    reach(Failpoint.METHOD_COMMITTED)
    try:
        page = services.gateways.named(opened.gateway).start(opened.request)
    except OutsideFailure as failure:  # the worker's question finds what became of it
        log.warning("method_not_begun", reference=opened.request.reference, error=str(failure))
        return None
    reach(Failpoint.METHOD_BEGUN)
    with services.transaction() as session:
        method_changes.page_opened(session, opened.request.reference, page)
    return page


def look_again(services: Services, subject: Subject, reference: str) -> str:
    """Ask about a method whose owner has come back; return its state now. Raises NotFound."""
    with services.reading() as session:
        opened = method_changes.own_request(session, subject, reference)
    report = _asked(services, opened) if opened is not None else None
    if report is not None:
        reach(Failpoint.METHOD_ANSWERED)
        with services.transaction() as session:
            method_changes.record_report(session, reference, report, now=services.now())
    with services.reading() as session:
        return method_changes.state_of(session, reference)


def is_method(reference: str) -> bool:
    """Say whether a reference is a method's, and not a payment's."""
    return reference.startswith(method_changes.PREFIX)


def hear(services: Services, name: str, event: GatewayEvent) -> None:
    """Take an event about a method as a hint: ask, and record event and effect in one transaction."""
    with services.reading() as session:
        opened = method_changes.pending_request(session, event.reference)
    report = services.gateways.named(name).ask(opened.request) if opened is not None else None
    with services.transaction() as session:
        now = services.now()
        is_new = attempts.record_event(session, name, event.event_id, event.reference, None, now=now)
        if is_new and report is not None:
            method_changes.record_report(session, event.reference, report, now=now)


def _asked(services: Services, opened: OpenedMethod) -> GatewayReport | None:
    try:
        return services.gateways.named(opened.gateway).ask(opened.request)
    except OutsideFailure as failure:
        log.warning("method_not_asked", reference=opened.request.reference, error=str(failure))
        return None
