"""The PayPal adapter of the payment gateway port: approve on PayPal's page, then we capture.

PayPal finds nothing by our reference, but without its key nobody has seen a page: then nothing was paid.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from portal.adapters.gateways.paypal import reading
from portal.adapters.gateways.paypal.api import PayPalApi, Refused
from portal.domain.attempts import Failure, Standing
from portal.gateway_settings import PayPalAccount
from portal.ports import (
    GatewayEvent,
    GatewayReport,
    HostedPage,
    MethodToken,
    PaymentRequest,
    RefundReport,
    RefundRequest,
    Rejected,
)

ORDERS = "/v2/checkout/orders"
CAPTURES = "/v2/payments/captures"
SETUPS = "/v3/vault/setup-tokens"
TOKENS = "/v3/vault/payment-tokens"
GONE = 404
SIGNED_BY = ("transmission_id", "transmission_time", "cert_url", "auth_algo", "transmission_sig")


class PayPalGateway:
    """Asks PayPal; every call that does something carries our reference."""

    name = "paypal"

    def __init__(self, account: PayPalAccount, timeout_seconds: int, clock: Callable[[], datetime]) -> None:
        self._api = PayPalApi(account, timeout_seconds, clock)
        self._webhook_id = account.webhook_id

    def start(self, request: PaymentRequest) -> HostedPage:
        if not request.amount_cents:
            source = {"usage_type": "MERCHANT", "experience_context": reading.experience(request)}
            body: dict[str, Any] = {"payment_source": {"paypal": source}}
            told = self._api.call("POST", SETUPS, body, once=request.reference)
        else:
            body = reading.order_body(request, reading.on_page(request))
            told = self._api.call("POST", ORDERS, body, once=request.reference)
        return HostedPage(str(told["id"]), reading.page_of(told))

    def ask(self, request: PaymentRequest) -> GatewayReport:
        if not request.key:
            return GatewayReport(Standing.MISSING)
        try:
            return self._setup(request) if not request.amount_cents else self._order(request)
        except Refused as refusal:
            if refusal.status == GONE:
                return GatewayReport(Standing.FAILED, request.key, failure=Failure.ABANDONED)
            raise

    def close(self, request: PaymentRequest) -> GatewayReport:
        """Return what it has come to: nobody but us can capture what a customer approves later."""
        report = self.ask(request)
        if report.standing in (Standing.OPEN, Standing.MISSING):
            return GatewayReport(Standing.FAILED, request.key, failure=Failure.ABANDONED)
        return report

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        source = {"vault_id": method.token}
        try:
            told = self._api.call("POST", ORDERS, reading.order_body(request, source), once=request.reference)
        except Refused as refusal:
            return GatewayReport(Standing.FAILED, failure=_failure(refusal))
        return reading.of_order(told)

    def refund(self, request: RefundRequest) -> RefundReport:
        """Look for our reference first, then give back what was captured, under that reference."""
        if not request.payment.key:
            raise Rejected("nothing was paid there")
        order = self._api.call("GET", f"{ORDERS}/{request.payment.key}")
        found = reading.refund_in(order, request.reference)
        if found is not None:
            return reading.of_refund(found)
        path = f"{CAPTURES}/{reading.capture_in(order)}/refund"
        body = reading.refund_body(request)
        return reading.of_refund(self._api.call("POST", path, body, once=request.reference))

    def forget(self, method: MethodToken) -> None:
        try:
            self._api.call("DELETE", f"{TOKENS}/{method.token}")
        except Refused as refusal:
            if refusal.status != GONE:
                raise

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        """Return what a webhook tells, once PayPal itself has said that it sent it."""
        signed = {name: headers.get(f"paypal-{name.replace('_', '-')}", "") for name in SIGNED_BY}
        if not all(signed.values()):
            raise Rejected("the webhook has no signature")
        event = _event(body)
        asked = _verification(signed | {"webhook_id": self._webhook_id}, body)
        told = self._api.call("POST", "/v1/notifications/verify-webhook-signature", asked)
        if told.get("verification_status") != "SUCCESS":
            raise Rejected("PayPal did not send this webhook")
        return GatewayEvent(str(event["id"]), reading.reference_in(event))

    def _order(self, request: PaymentRequest) -> GatewayReport:
        told = self._api.call("GET", f"{ORDERS}/{request.key}")
        if told.get("status") != "APPROVED":
            return reading.of_order(told)
        if not request.may_charge:
            return GatewayReport(Standing.FAILED, request.key, failure=Failure.ABANDONED)
        return self._captured(request)

    def _captured(self, request: PaymentRequest) -> GatewayReport:
        """Take what the customer has approved; once, however often it is tried."""
        path = f"{ORDERS}/{request.key}/capture"
        try:
            return reading.of_order(self._api.call("POST", path, {}, once=f"{request.reference}-capture"))
        except Refused as refusal:
            if refusal.issue == "ORDER_ALREADY_CAPTURED":
                return reading.of_order(self._api.call("GET", f"{ORDERS}/{request.key}"))
            return GatewayReport(Standing.FAILED, request.key, failure=_failure(refusal))

    def _setup(self, request: PaymentRequest) -> GatewayReport:
        told = self._api.call("GET", f"{SETUPS}/{request.key}")
        if told.get("status") not in ("APPROVED", "VAULTED"):
            return GatewayReport(Standing.OPEN, request.key, reading.page_of(told))
        source = {"payment_source": {"token": {"id": request.key, "type": "SETUP_TOKEN"}}}
        token = self._api.call("POST", TOKENS, source, once=f"{request.reference}-keep")
        return reading.of_token(request.key, token)


def _failure(refusal: Refused) -> Failure:
    return Failure.NOT_AUTHENTICATED if refusal.issue == "PAYER_ACTION_REQUIRED" else Failure.REFUSED


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as failure:
        raise Rejected("the webhook is no JSON") from failure
    if not isinstance(event, dict) or "id" not in event:
        raise Rejected("the webhook is no event")
    return event


def _verification(about: dict[str, str], body: bytes) -> bytes:
    """Return the question, with the event in it byte for byte as it came: its signature is over those."""
    return json.dumps(about).encode()[:-1] + b', "webhook_event": ' + body + b"}"
