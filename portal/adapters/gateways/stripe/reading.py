"""What Stripe's objects mean to us: standings, amounts, reasons, and the little we may know of a card."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import stripe

from portal.domain.attempts import Failure, Standing
from portal.ports import GatewayReport, KeptMethod, MethodToken, RefundReport

FAILURES: Mapping[str, Failure] = MappingProxyType(
    {
        "insufficient_funds": Failure.INSUFFICIENT_FUNDS,
        "card_velocity_exceeded": Failure.INSUFFICIENT_FUNDS,
        "expired_card": Failure.EXPIRED_CARD,
        "incorrect_number": Failure.WRONG_DATA,
        "invalid_number": Failure.WRONG_DATA,
        "incorrect_cvc": Failure.WRONG_DATA,
        "invalid_cvc": Failure.WRONG_DATA,
        "invalid_expiry_month": Failure.WRONG_DATA,
        "invalid_expiry_year": Failure.WRONG_DATA,
        "authentication_required": Failure.NOT_AUTHENTICATED,
        "payment_intent_authentication_failure": Failure.NOT_AUTHENTICATED,
    }
)
"""By `decline_code`, else by `code`; whatever else was said is a plain refusal."""


_REFUNDS = {"succeeded": Standing.DONE, "failed": Standing.FAILED, "canceled": Standing.FAILED}


def of_session(session: Any) -> GatewayReport:
    """Return what a Checkout Session has come to."""
    if session.status == "open":
        return GatewayReport(Standing.OPEN, session.id, session.url or "")
    intent = session.payment_intent or session.setup_intent
    if session.status == "expired":
        return GatewayReport(Standing.FAILED, session.id, failure=_failure_of(intent) or Failure.ABANDONED)
    if session.payment_status == "unpaid":
        return GatewayReport(Standing.PROCESSING, session.id)
    return GatewayReport(
        Standing.DONE,
        session.id,
        amount_cents=session.amount_total or 0,
        currency=(session.currency or "eur").upper(),
        kept=_kept(intent) if _keeps(session, intent) else None,
    )


def of_intent(intent: Any) -> GatewayReport:
    """Return what a charge of a stored card has come to."""
    if intent.status == "succeeded":
        return GatewayReport(
            Standing.DONE,
            intent.id,
            amount_cents=intent.amount_received,
            currency=intent.currency.upper(),
        )
    if intent.status == "processing":
        return GatewayReport(Standing.PROCESSING, intent.id)
    failure = Failure.NOT_AUTHENTICATED if intent.status == "requires_action" else _failure_of(intent)
    return GatewayReport(Standing.FAILED, intent.id, failure=failure or Failure.REFUSED)


def of_refund(refund: Any) -> RefundReport:
    """Return what a refund has come to."""
    standing = _REFUNDS.get(str(refund.status), Standing.PROCESSING)
    return RefundReport(standing, refund.id, str(getattr(refund, "failure_reason", None) or ""))


def of_refusal(refusal: stripe.CardError) -> GatewayReport:
    """Return what a declined charge means; its intent's name comes along with the refusal."""
    told: Any = refusal.error
    intent = getattr(told, "payment_intent", None)
    key = str(intent["id"]) if intent else ""
    return GatewayReport(
        Standing.FAILED, key, failure=_failure(getattr(told, "decline_code", None), refusal.code)
    )


def _failure_of(intent: Any) -> Failure | None:
    error = getattr(intent, "last_payment_error", None) or getattr(intent, "last_setup_error", None)
    if not error:
        return None
    return _failure(getattr(error, "decline_code", None), getattr(error, "code", None))


def _failure(decline_code: str | None, code: str | None) -> Failure:
    return FAILURES.get(decline_code or "") or FAILURES.get(code or "") or Failure.REFUSED


def _keeps(session: Any, intent: Any) -> bool:
    return session.mode == "setup" or getattr(intent, "setup_future_usage", None) == "off_session"


def _kept(intent: Any) -> KeptMethod:
    method = intent.payment_method
    card = method.card
    last_day = calendar.monthrange(card.exp_year, card.exp_month)[1]
    return KeptMethod(
        MethodToken(method.id, str(intent.customer or "")),
        brand=str(card.brand).capitalize(),
        last_four=card.last4,
        expires_on=date(card.exp_year, card.exp_month, last_day),
    )
