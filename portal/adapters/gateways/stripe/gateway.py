"""The Stripe adapter of the payment gateway port: hosted pages by redirect, stored cards for later charges.

No card number comes by us (SAQ A). The SDK does not retry: what is repeated, and when, our janitor says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import stripe

from portal.adapters.gateways.outcomes import CONNECT_SECONDS, Straight, no_answer
from portal.adapters.gateways.signatures import check_moment
from portal.adapters.gateways.stripe import reading
from portal.adapters.outside import must_be_outside_transaction
from portal.domain.attempts import Failure, Standing
from portal.gateway_settings import StripeAccount
from portal.ports import (
    GatewayEvent,
    GatewayReport,
    HostedPage,
    MethodToken,
    PaymentRequest,
    RefundReport,
    RefundRequest,
    Rejected,
    Unavailable,
)

SIGNATURE = "stripe-signature"
SEARCHED_SECONDS = 600
"""How long after our attempt was opened the gateway can have begun it."""
SLACK_SECONDS = 60
"""How far its clock may be behind ours."""
_EXPANDED = ["payment_intent.payment_method", "setup_intent.payment_method"]
Answer = TypeVar("Answer")


class StripeGateway:
    """Asks Stripe; `timeout_seconds` is for one answer."""

    name = "stripe"

    def __init__(self, account: StripeAccount, timeout_seconds: int) -> None:
        client = stripe.StripeClient(
            account.secret_key,
            base_addresses={"api": account.api},
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, timeout_seconds), session=Straight()),
            max_network_retries=0,
        )
        self._api = client.v1
        self._webhook_secret = account.webhook_secret

    def start(self, request: PaymentRequest) -> HostedPage:
        params = _checkout(request)
        with _asking():
            session = self._api.checkout.sessions.create(params, _once(request))
        return HostedPage(session.id, session.url or "")

    def ask(self, request: PaymentRequest) -> GatewayReport:
        with _asking():
            if request.key.startswith("pi_"):
                return self._intent(request.key)
            if request.key:
                return self._session(request.key)
            return self._found(request)

    def close(self, request: PaymentRequest) -> GatewayReport:
        report = self.ask(request)
        if report.standing is Standing.MISSING:
            return GatewayReport(Standing.FAILED, failure=Failure.ABANDONED)
        if report.standing is not Standing.OPEN:
            return report
        try:
            with _asking():
                self._api.checkout.sessions.expire(report.key)
        except Rejected:  # paid or over in this very moment: the next answer says which
            pass
        return self.ask(request)

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        params: dict[str, Any] = {
            "amount": request.amount_cents,
            "currency": request.currency.lower(),
            "customer": method.customer,
            "payment_method": method.token,
            "off_session": True,
            "confirm": True,
            "description": request.about,
            "metadata": {"reference": request.reference, "order": request.about},
            "expand": ["payment_method"],
        }
        try:
            with _asking():
                intent = self._api.payment_intents.create(params, _once(request))  # type: ignore[arg-type]
        except stripe.CardError as refusal:
            return reading.of_refusal(refusal)
        return reading.of_intent(intent)

    def refund(self, request: RefundRequest) -> RefundReport:
        """Look for our reference first: an idempotency key is forgotten after a day, a refund is not."""
        intent = self._intent_of(request.payment)
        with _asking():
            for refund in self._api.refunds.list({"payment_intent": intent, "limit": 100}).auto_paging_iter():
                if getattr(refund.metadata, "reference", None) == request.reference:
                    return reading.of_refund(refund)
            params: Any = {
                "payment_intent": intent,
                "amount": request.amount_cents,
                "metadata": {"reference": request.reference, "order": request.payment.about},
            }
            return reading.of_refund(self._api.refunds.create(params, {"idempotency_key": request.reference}))

    def forget(self, method: MethodToken) -> None:
        try:
            with _asking():
                self._api.payment_methods.detach(method.token)
        except Rejected:  # it knows no such method any more, which is what was wanted
            pass

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        signature = headers.get(SIGNATURE, "")
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret)
            told = json.loads(body)
            about = told["data"]["object"]
            reference = about.get("client_reference_id") or (about.get("metadata") or {}).get("reference")
            event = GatewayEvent(str(told["id"]), str(reference or ""))
        except (
            stripe.SignatureVerificationError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as failure:
            raise Rejected(f"no webhook of Stripe's: {type(failure).__name__}") from failure
        check_moment(signature, now)
        return event

    def _intent_of(self, payment: PaymentRequest) -> str:
        """Return the gateway's name of the money of a payment. Raises Rejected where there is none."""
        key = payment.key or self.ask(payment).key
        with _asking():
            intent = (
                key if key.startswith("pi_") else self._api.checkout.sessions.retrieve(key).payment_intent
            )
        if not intent:
            raise Rejected("nothing was paid there")
        return str(intent)

    def _session(self, key: str) -> GatewayReport:
        return reading.of_session(self._api.checkout.sessions.retrieve(key, {"expand": [*_EXPANDED]}))

    def _intent(self, key: str) -> GatewayReport:
        return reading.of_intent(self._api.payment_intents.retrieve(key, {"expand": ["payment_method"]}))

    def _found(self, request: PaymentRequest) -> GatewayReport:
        """Look through what was begun about then for our reference; lists are complete where searches lag."""
        begun = int(request.opened_at.timestamp())
        window: Any = {
            "created": {"gte": begun - SLACK_SECONDS, "lte": begun + SEARCHED_SECONDS},
            "limit": 100,
        }
        for session in self._api.checkout.sessions.list(window).auto_paging_iter():
            if session.client_reference_id == request.reference:
                return self._session(session.id)
        for intent in self._api.payment_intents.list(window).auto_paging_iter():
            if getattr(intent.metadata, "reference", None) == request.reference:
                return self._intent(intent.id)
        return GatewayReport(Standing.MISSING)


def _once(request: PaymentRequest) -> Any:
    return {"idempotency_key": request.reference}


def _checkout(request: PaymentRequest) -> Any:
    """Return the parameters of the hosted page; the same for the same request, as its key demands."""
    metadata = {"reference": request.reference, "order": request.about}
    params: dict[str, Any] = {
        "client_reference_id": request.reference,
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "locale": "auto",
        "payment_method_types": ["card"],
        "metadata": metadata,
    }
    if not request.amount_cents:
        setup = {"mode": "setup", "customer_creation": "always", "setup_intent_data": {"metadata": metadata}}
        return params | setup
    intent: dict[str, Any] = {"description": request.about, "metadata": metadata}
    if request.keeps_method:
        intent["setup_future_usage"] = "off_session"
        params["customer_creation"] = "always"
    item = {
        "currency": request.currency.lower(),
        "unit_amount": request.amount_cents,
        "product_data": {"name": request.about},
    }
    lines = [{"quantity": 1, "price_data": item}]
    return params | {"mode": "payment", "payment_intent_data": intent, "line_items": lines}


@contextmanager
def _asking() -> Iterator[None]:
    """Ask outside of transactions and put what goes wrong in our words; a declined card passes through."""
    must_be_outside_transaction()
    try:
        yield
    except stripe.CardError:
        raise
    except stripe.APIConnectionError as failure:
        raise no_answer(failure.__cause__) from failure
    except (stripe.InvalidRequestError, stripe.AuthenticationError, stripe.PermissionError) as failure:
        raise Rejected(f"{failure.http_status} {failure.code}") from failure
    except stripe.StripeError as failure:
        raise Unavailable(f"{failure.http_status} {failure.code}") from failure
