"""Stored methods and the mandates to charge them: kept with a payment, charged only as was agreed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.errors import MandateMissing
from portal.domain.history import Deed
from portal.domain.mandates import StoredMethodState, may_charge
from portal.domain.money import Cents
from portal.ports import KeptMethod, MethodToken
from portal.store import method_queries
from portal.store.attempts import PaymentAttempt
from portal.store.drafts import RenewalDraft
from portal.store.orders import Order
from portal.store.stored_methods import AutoRenewalConsent, Mandate, StoredMethod
from portal.usecases import history, notices


def is_wanted(session: Session, order: Order) -> bool:
    """Say whether the customer wants what the order renews to renew by itself later."""
    consent = consent_of(session, order)
    return consent is not None and consent.wanted


def consent_of(session: Session, order: Order) -> AutoRenewalConsent | None:
    """Return what was answered when auto-renewal was asked with this order."""
    if order.auto_renewal_consent_id is None:
        return None
    return session.get(AutoRenewalConsent, order.auto_renewal_consent_id)


def keep_from_payment(
    session: Session, order: Order, attempt: PaymentAttempt, kept: KeptMethod, *, now: datetime
) -> StoredMethod | None:
    """Store the method an order was paid with, as its owner agreed, and let its mailboxes renew with it.

    None where nobody agreed; once an attempt. The caller holds the order's lock. What a mailbox's own session
    paid with is that mailbox's: the account's methods are not its to manage. Source: domain.md 2.2, 6, 7.2.
    """
    consent = consent_of(session, order)
    if consent is None or not consent.wanted:
        return None
    before = method_queries.method_of_reference(session, attempt.reference)
    if before is not None:
        return before
    account_id, mailbox_id = _owner(session, order)
    method = StoredMethod(
        account_id=account_id,
        mailbox_id=mailbox_id,
        reference=attempt.reference,
        method=attempt.method,
        gateway=attempt.gateway,
        gateway_key=attempt.gateway_key,
        state=StoredMethodState.ACTIVE,
        opened_at=attempt.opened_at,
    )
    fill_in(method, kept, now)
    session.add(method)
    session.flush()
    give_mandate(session, method, consent)
    owner = history.owner_subject(account_id, mailbox_id)
    history.record(session, Deed.METHOD_STORED, owner, now=now, about=method.brand)
    method_queries.renew_order_with(session, order.id, method.id)
    notices.auto_renewal_enabled(session, order, method, consent.maximum_cents, now=now)
    return method


def _owner(session: Session, order: Order) -> tuple[int | None, int | None]:
    """Return the account, or else the mailbox, whose method it becomes: of whoever prepared the order."""
    draft = session.get(RenewalDraft, order.draft_id) if order.draft_id else None
    own_session = draft is not None and draft.mailbox_id is not None
    if order.account_id is None or own_session:
        return None, order.mailbox_id
    return order.account_id, None


def fill_in(method: StoredMethod, kept: KeptMethod, now: datetime) -> None:
    """Write down what may be known of a method that the gateway has stored."""
    method.token, method.customer = kept.token.token, kept.token.customer
    method.brand, method.last_four, method.expires_on = kept.brand, kept.last_four, kept.expires_on
    method.state, method.activated_at, method.page_url = StoredMethodState.ACTIVE, now, ""


def give_mandate(session: Session, method: StoredMethod, consent: AutoRenewalConsent) -> None:
    """Allow later charges of the method, up to what was agreed."""
    session.add(
        Mandate(
            stored_method_id=method.id,
            consent_id=consent.id,
            maximum_cents=consent.maximum_cents,
            given_at=consent.given_at,
        )
    )
    session.flush()


def token_to_charge(session: Session, method_id: int, amount_cents: Cents) -> MethodToken:
    """Return what the gateway needs to charge the method so much, its owner not being there.

    Raises MandateMissing without a mandate in force, or above what it allows. Source: hardening.md S42.
    """
    method = session.get_one(StoredMethod, method_id)
    allowed = method_queries.maxima_in_force(session, method_id)
    if method.state is not StoredMethodState.ACTIVE or not may_charge(amount_cents, allowed):
        raise MandateMissing(amount_cents)
    return MethodToken(method.token, method.customer)
