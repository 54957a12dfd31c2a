"""The account's stored methods: add, replace, remove, each with what it does to auto-renewals, at once.

Source: domain.md 6, 7.2.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.attempts import Standing, question_after
from portal.domain.errors import ConsentChanged, NotFound
from portal.domain.history import Deed
from portal.domain.mandates import METHOD_CONSENT_VERSION, MandateLimits, StoredMethodState, shown_code
from portal.domain.money import Cents
from portal.domain.payments import PaymentMethod
from portal.ports import GatewayReport, HostedPage, KeptMethod, MethodToken, PaymentRequest
from portal.store import auto_renewal_queries, locks, method_queries
from portal.store.house import renewal_calendar
from portal.store.method_queries import ListedMethod
from portal.store.outbox import enqueue
from portal.store.stored_methods import AutoRenewalConsent, StoredMethod
from portal.usecases import history, method_notices, stored_methods
from portal.usecases.auto_renewal_consents import shown_version

PREFIX = "m-"
"""Begins the references of stored methods, as `p-` those of payments."""
_RANDOM_BYTES = 15


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be stored, where, in place of what, and who agreed from which address."""

    method: PaymentMethod
    gateway: str
    address: str
    return_to: str
    shown: str
    """The name of the text and maximum that they had in front of them."""
    replaces: str = ""
    """The reference of the method whose auto-renewals come over; empty: none."""


@dataclass(frozen=True, slots=True)
class OpenedMethod:
    """What the gateway is to be asked for a method that is not stored yet."""

    gateway: str
    request: PaymentRequest


def list_methods(session: Session, subject: Subject) -> Sequence[ListedMethod]:
    """Return the subject's stored methods with what renews with each: two statements.

    A mailbox's own session sees what it has paid with itself, and may remove it. Source: domain.md 2.2.
    """
    return method_queries.active_methods(session, subject)


def account_of(subject: Subject) -> int:
    """Return whose methods these are; a mailbox's session has none. Raises NotFound.

    Source: domain.md 2.2.
    """
    if subject.account_id is None:
        raise NotFound
    return subject.account_id


def look_at_method(session: Session, subject: Subject, reference: str) -> ListedMethod:
    """Return one of the account's stored methods. Raises NotFound."""
    found = [each for each in list_methods(session, subject) if each.method.reference == reference]
    if not found:
        raise NotFound
    return found[0]


def maximum_of(session: Session, replaced: StoredMethod | None, limits: MandateLimits) -> Cents:
    """Return the most a new method may be charged at once: what the replaced one may, else the usual."""
    maxima = method_queries.maxima_in_force(session, replaced.id) if replaced else []
    return max(maxima, default=limits.added_cents)


def open_method(
    session: Session, subject: Subject, wish: Wish, limits: MandateLimits, *, now: datetime
) -> OpenedMethod:
    """Write a new method down, with the mandate that was agreed, before the gateway hears of it.

    Raises NotFound for a replaced one that is not the account's; ConsentChanged when what would be agreed is
    not what was shown. Source: hardening.md S42.
    """
    account_id = account_of(subject)
    locks.lock_owner(session, subject)
    replaced = look_at_method(session, subject, wish.replaces).method if wish.replaces else None
    maximum_cents = maximum_of(session, replaced, limits)
    if wish.shown != shown_code(METHOD_CONSENT_VERSION, maximum_cents):
        raise ConsentChanged(maximum_cents)
    method = StoredMethod(
        account_id=account_id,
        reference=PREFIX + secrets.token_hex(_RANDOM_BYTES),
        method=wish.method,
        gateway=wish.gateway,
        state=StoredMethodState.PENDING,
        replaces_id=replaced.id if replaced else None,
        opened_at=now,
    )
    consent = AutoRenewalConsent(
        wanted=True,
        text_version=shown_version(METHOD_CONSENT_VERSION, renewal_calendar(session)),
        maximum_cents=maximum_cents,
        given_at=now,
        address=wish.address,
    )
    session.add_all([method, consent])
    session.flush()
    stored_methods.give_mandate(session, method, consent)
    ask_later(session, method.reference, 0, now, now=now)
    return _opened(method, wish.return_to)


def page_opened(session: Session, reference: str, page: HostedPage) -> None:
    """Record the page on which the method is stored."""
    method = method_queries.locked_method(session, reference)
    if method is not None and method.state is StoredMethodState.PENDING:
        method.gateway_key, method.page_url = page.key, page.url


def own_request(session: Session, subject: Subject, reference: str) -> OpenedMethod | None:
    """Return what to ask about a method its owner comes back from; None once decided. Raises NotFound."""
    method = method_queries.method_of_reference(session, reference)
    if method is None or method.account_id is None or method.account_id != subject.account_id:
        raise NotFound
    return _opened(method) if method.state is StoredMethodState.PENDING else None


def pending_request(session: Session, reference: str) -> OpenedMethod | None:
    """Return what to ask about a method that is not decided yet, or None."""
    method = method_queries.method_of_reference(session, reference)
    return _opened(method) if method is not None and method.state is StoredMethodState.PENDING else None


def begin_questions(session: Session, references: Collection[str]) -> dict[str, OpenedMethod]:
    """Return by reference what gateways are to be asked about those methods that are not decided yet."""
    found = {reference: pending_request(session, reference) for reference in references}
    return {reference: opened for reference, opened in found.items() if opened is not None}


def record_report(session: Session, reference: str, report: GatewayReport, *, now: datetime) -> None:
    """Record what the gateway said of a method; again, or once it is decided, changes nothing."""
    method = method_queries.locked_method(session, reference)
    if method is None or method.state is not StoredMethodState.PENDING:
        return
    if report.standing is Standing.DONE and report.kept is not None:
        _activate(session, method, report.kept, now)
    elif report.standing in (Standing.FAILED, Standing.MISSING):
        method.state, method.page_url = StoredMethodState.FAILED, ""
        method_queries.revoke_mandates(session, method.id, now)
    else:
        method.gateway_key = report.key or method.gateway_key
        method.page_url = report.page_url


def remove_method(session: Session, subject: Subject, reference: str, *, now: datetime) -> int:
    """Remove a stored method; what renewed with it renews by itself no more. Return how many mailboxes.

    A second time is a quiet success. Raises NotFound. Source: domain.md 6 «removing the card».
    """
    locks.lock_owner(session, subject)
    method = method_queries.locked_method(session, reference)
    if method is None or not method_queries.is_owned(method, subject):
        raise NotFound
    if method.state is not StoredMethodState.ACTIVE:
        return 0
    stopped = method_queries.count_renewing_with(session, method.id)
    auto_renewal_queries.end_of_method(session, method.id, now=now)
    method_queries.stop_renewing_with(session, method.id)
    _retire(session, method, now)
    history.record(session, Deed.METHOD_REMOVED, subject, now=now, about=method.brand)
    method_notices.method_removed(session, method, stopped, now=now)
    return stopped


def ask_later(session: Session, reference: str, number: int, opened_at: datetime, *, now: datetime) -> None:
    """Have the gateway asked about a method by a worker, at the next time that question is due."""
    after = question_after(number)
    if after is not None:
        payload = {"reference": reference, "number": number}
        due = max(opened_at + after, now)
        enqueue(session, "method.ask", f"method.ask:{reference}:{number}", payload, now=now, not_before=due)


def tokens_to_forget(session: Session, method_ids: Collection[int]) -> dict[int, tuple[str, MethodToken]]:
    """Return by id the gateway and the token of removed methods."""
    methods = method_queries.methods_by_id(session, method_ids)
    return {
        method.id: (method.gateway, MethodToken(method.token, method.customer))
        for method in methods
        if method.state is StoredMethodState.REMOVED
    }


def state_of(session: Session, reference: str) -> StoredMethodState:
    """Return how far a method has come."""
    method = method_queries.method_of_reference(session, reference)
    assert method is not None
    return method.state


def _activate(session: Session, method: StoredMethod, kept: KeptMethod, now: datetime) -> None:
    stored_methods.fill_in(method, kept, now)
    moved = 0
    if method.replaces_id is not None:
        replaced = session.get_one(StoredMethod, method.replaces_id)
        moved = method_queries.renew_with_another(session, replaced.id, method.id)
        if replaced.state is StoredMethodState.ACTIVE:
            _retire(session, replaced, now)
    session.flush()
    owner = history.owner_subject(method.account_id, method.mailbox_id)
    history.record(session, Deed.METHOD_STORED, owner, now=now, about=method.brand)
    method_notices.method_changed(session, method, moved, now=now)


def _retire(session: Session, method: StoredMethod, now: datetime) -> None:
    """Let no charge be made by it any more, and have the gateway forget it."""
    method.state, method.removed_at = StoredMethodState.REMOVED, now
    method_queries.revoke_mandates(session, method.id, now)
    enqueue(session, "method.forget", f"method.forget:{method.id}", {"method_id": method.id}, now=now)


def _opened(method: StoredMethod, return_to: str = "") -> OpenedMethod:
    request = PaymentRequest(
        reference=method.reference,
        method=method.method,
        amount_cents=0,
        about="",
        return_url=return_to.format(reference=method.reference),
        opened_at=method.opened_at,
        keeps_method=True,
        key=method.gateway_key,
    )
    return OpenedMethod(method.gateway, request)
