"""The simulated adapter of the payment gateway port, for the demo and the tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path

from portal.adapters.gateways.signatures import check_signature, signed
from portal.adapters.gateways.simulated.book import Asked, Book
from portal.adapters.outside import must_be_outside_transaction
from portal.domain.attempts import Failure, Standing
from portal.domain.payments import PaymentMethod
from portal.ports import (
    GatewayEvent,
    GatewayReport,
    HostedPage,
    KeptMethod,
    MethodToken,
    PaymentRequest,
    RefundReport,
    RefundRequest,
    Rejected,
)

SIGNATURE = "simulated-signature"
PAID = "paid"
PAID_ONCE = "paid_once"
"""Taken now, and whatever is stored with it is refused when it is charged later."""
DECLINED_TOKEN = "sim_declined"
"""Charging a stored method of this name is refused."""
_BRANDS = {PaymentMethod.CARD: ("Visa", "4242"), PaymentMethod.PAYPAL: ("PayPal", "")}
_LIFETIME_YEARS = 3


class SimulatedGateway:
    """Takes requests as a real gateway does; a person on the demo's page decides what becomes of them."""

    name = "simulated"

    def __init__(self, path: Path, pages: str, secret: str, clock: Callable[[], datetime]) -> None:
        """`pages` is the address before the key of a request; `secret` signs the webhooks."""
        self._book = Book(path)
        self._pages = pages
        self._secret = secret
        self._clock = clock

    def start(self, request: PaymentRequest) -> HostedPage:
        must_be_outside_transaction()
        asked = self._book.write(request, _key(request.reference))
        return HostedPage(asked.key, self._pages + asked.key)

    def ask(self, request: PaymentRequest) -> GatewayReport:
        must_be_outside_transaction()
        asked = self._book.read("reference", request.reference)
        return self._report(asked) if asked else GatewayReport(Standing.MISSING)

    def close(self, request: PaymentRequest) -> GatewayReport:
        must_be_outside_transaction()
        asked = self._book.write(request, _key(request.reference))
        self._book.decide(asked.key, Failure.ABANDONED, self._second())
        return self.ask(request)

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        must_be_outside_transaction()
        asked = self._book.write(request, _key(request.reference))
        decision = Failure.REFUSED if method.token == DECLINED_TOKEN else PAID
        self._book.decide(asked.key, decision, self._second())
        return self.ask(request)

    def refund(self, request: RefundRequest) -> RefundReport:
        must_be_outside_transaction()
        if not self._book.give_back(request.reference, request.payment.reference, request.amount_cents):
            return RefundReport(Standing.FAILED, words="so much was not paid there")
        return RefundReport(Standing.DONE, _key(request.reference))

    def forget(self, method: MethodToken) -> None:
        must_be_outside_transaction()

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        check_signature(body, headers.get(SIGNATURE, ""), self._secret, now)
        try:
            told = json.loads(body)
            return GatewayEvent(str(told["id"]), str(told["reference"]))
        except (ValueError, KeyError, TypeError) as failure:
            raise Rejected("the webhook is none of ours") from failure

    def event(self, reference: str, event_id: str) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of a webhook that this gateway would send."""
        body = json.dumps({"id": event_id, "reference": reference}).encode()
        return {SIGNATURE: signed(body, self._secret, self._clock())}, body

    def refunds(self) -> list[tuple[str, int]]:
        """Return what was given back, for the tests: by the payment's reference, how much."""
        return self._book.refunds()

    def page(self, key: str) -> Asked | None:
        """Return the request whose page has this key, or None."""
        return self._book.read("key", key)

    def decide(self, key: str, decision: str, *, after_seconds: int = 0) -> None:
        """Decide a request, once: «paid», or a failure; known from so many seconds later on."""
        self._book.decide(key, decision, self._second() + after_seconds)

    def _report(self, asked: Asked) -> GatewayReport:
        if not asked.decision:
            return GatewayReport(Standing.OPEN, asked.key, self._pages + asked.key)
        if self._second() < asked.done_from:
            return GatewayReport(Standing.PROCESSING, asked.key)
        if asked.decision not in (PAID, PAID_ONCE):
            return GatewayReport(Standing.FAILED, asked.key, failure=Failure(asked.decision))
        kept = self._kept(asked) if asked.keeps_method or not asked.amount_cents else None
        return GatewayReport(Standing.DONE, asked.key, amount_cents=asked.amount_cents, kept=kept)

    def _kept(self, asked: Asked) -> KeptMethod:
        method = PaymentMethod(asked.method)
        brand, last_four = _BRANDS[method]
        token = DECLINED_TOKEN if asked.decision == PAID_ONCE else f"sim_{asked.key}"
        year = self._clock().year + _LIFETIME_YEARS
        expires_on = date(year, 12, 31) if method is PaymentMethod.CARD else None
        return KeptMethod(MethodToken(token, "sim_customer"), brand, last_four, expires_on)

    def _second(self) -> int:
        return int(self._clock().timestamp())


def _key(reference: str) -> str:
    """Return the gateway's own name for a request: from ours, and yet not ours."""
    return hashlib.sha256(f"simulated:{reference}".encode()).hexdigest()[:32]
