"""What we use of Stripe's API, on this machine: sessions, intents, stored methods, signed webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from portal.adapters.gateways.signatures import signed
from tests.servers.gateways import Answer, FakeGateway, fields_of

WEBHOOK_SECRET = "whsec_of_the_tests"
DECLINED_METHOD = "pm_declined"
AUTHENTICATED_METHOD = "pm_authentication_required"


class FakeStripe(FakeGateway):
    """Answers as api.stripe.com does; what a customer decides comes by `decide`, as on the hosted page."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self._numbers = count(1)
        self._once: dict[str, tuple[str, Answer]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.detached: list[str] = []
        self.refunds: list[dict[str, Any]] = []
        self.refund_status = "succeeded"
        """What becomes of the next refunds."""

    def forget_keys(self) -> None:
        """Let days go by: what was asked is remembered, under which key it was asked is not."""
        self._once.clear()

    @property
    def charged(self) -> list[int]:
        """Return the amounts that were taken."""
        return [each["amount_received"] for each in self.intents.values() if each["status"] == "succeeded"]

    def decide(self, page: str, failure: str = "", *, later: bool = False) -> None:
        """Pay on the page, or be declined there and give up; `later`: the bank has not answered yet."""
        session = self.sessions[page.rsplit("/", 1)[1]]
        if session["status"] != "open":
            return
        intent = self._intent(session)
        if failure:
            intent["last_payment_error"] = {"code": "card_declined", "decline_code": failure}
            session["status"] = "expired"
            return
        session["status"] = "complete"
        session["payment_status"] = "unpaid" if later else "paid"
        if not later:
            intent |= {"status": "succeeded", "amount_received": intent["amount"]}

    def bank_answers(self, page: str) -> None:
        """Let the bank say yes to what it had not answered yet."""
        session = self.sessions[page.rsplit("/", 1)[1]]
        session["payment_status"] = "paid"
        intent = self.intents[session["payment_intent"]]
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}

    def event(self, reference: str, event_id: str = "evt_1") -> tuple[dict[str, str], bytes]:
        """Return headers and body of the webhook about our reference, as it is sent now."""
        about = next(each for each in self.sessions.values() if each["client_reference_id"] == reference)
        told = {
            "id": event_id,
            "object": "event",
            "type": "checkout.session.completed",
            "data": {"object": about},
        }
        body = json.dumps(told).encode()
        return {"stripe-signature": signed(body, WEBHOOK_SECRET, self._clock())}, body

    def broken(self, headers: dict[str, str]) -> Answer:
        """Answer 500, again and again to the same key, as Stripe does."""
        answer = super().broken(headers)
        if headers.get("idempotency-key"):
            self._once[headers["idempotency-key"]] = ("", answer)
        return answer

    def answer(self, verb: str, address: str, headers: dict[str, str], body: bytes) -> Answer:
        key = headers.get("idempotency-key", "")
        if key in self._once and verb == "POST":
            sent, before = self._once[key]
            if sent and sent != body.decode():
                return 400, {"error": {"type": "idempotency_error", "message": "other parameters"}}
            return before
        found = self._answer(verb, address, body)
        if key and verb == "POST":
            self._once[key] = (body.decode(), found)
        return found

    def _answer(self, verb: str, address: str, body: bytes) -> Answer:
        parts = urlsplit(address)
        words = parts.path.removeprefix("/v1/").split("/")
        fields = fields_of(body.decode() if verb == "POST" else parts.query)
        if words[:2] == ["checkout", "sessions"]:
            return self._sessions(verb, words[2:], fields)
        if words[0] == "payment_intents":
            return self._intents(verb, words[1:], fields)
        if words[0] == "refunds":
            return self._refunds(verb, fields)
        if words[0] == "payment_methods" and words[-1] == "detach":
            if words[1] in self.detached:
                return 400, {"error": {"type": "invalid_request_error", "message": "not attached"}}
            self.detached.append(words[1])
            return 200, {"id": words[1], "object": "payment_method"}
        return 404, {"error": {"type": "invalid_request_error", "message": "no such thing"}}

    def _sessions(self, verb: str, words: list[str], fields: dict[str, str]) -> Answer:
        if verb == "POST" and not words:
            return 200, self._new_session(fields)
        if not words:
            return 200, self._list(self.sessions, fields)
        session = self.sessions[words[0]]
        if words[1:] == ["expire"]:
            if session["status"] != "open":
                return 400, {"error": {"type": "invalid_request_error", "message": "not open"}}
            session["status"] = "expired"
        return 200, self._expanded(session) if "expand[0]" in fields else session

    def _intents(self, verb: str, words: list[str], fields: dict[str, str]) -> Answer:
        if verb == "POST" and not words:
            return self._charge(fields)
        if not words:
            return 200, self._list(self.intents, fields)
        return 200, self.intents[words[0]] | {"payment_method": self._card(self.intents[words[0]])}

    def _refunds(self, verb: str, fields: dict[str, str]) -> Answer:
        found = [each for each in self.refunds if each["payment_intent"] == fields["payment_intent"]]
        if verb == "GET":
            return 200, {"object": "list", "url": "/v1/refunds", "has_more": False, "data": found}
        left = self.intents[fields["payment_intent"]]["amount_received"] - sum(
            each["amount"] for each in found
        )
        if int(fields["amount"]) > left:
            return 400, {"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}
        refund = {
            "id": f"re_{next(self._numbers)}",
            "object": "refund",
            "amount": int(fields["amount"]),
            "payment_intent": fields["payment_intent"],
            "metadata": {"reference": fields["metadata[reference]"]},
            "status": self.refund_status,
            "failure_reason": "lost_or_stolen_card" if self.refund_status == "failed" else None,
        }
        self.refunds.append(refund)
        return 200, refund

    @property
    def refunded(self) -> list[int]:
        """Return the amounts that were given back."""
        return [each["amount"] for each in self.refunds if each["status"] == "succeeded"]

    def _new_session(self, fields: dict[str, str]) -> dict[str, Any]:
        key = f"cs_test_{next(self._numbers)}"
        amount = fields.get("line_items[0][price_data][unit_amount]")
        self.sessions[key] = {
            "id": key,
            "object": "checkout.session",
            "status": "open",
            "url": f"{self.url}/pay/{key}",
            "mode": fields["mode"],
            "payment_status": "unpaid" if amount else "no_payment_required",
            "amount_total": int(amount) if amount else None,
            "currency": fields.get("line_items[0][price_data][currency]"),
            "client_reference_id": fields["client_reference_id"],
            "metadata": {"reference": fields["metadata[reference]"]},
            "payment_intent": None,
            "setup_intent": None,
            "created": int(self._clock().timestamp()),
            "asked": fields,
        }
        return self.sessions[key]

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        """Return the intent of a session, made when the customer does something on its page."""
        kind = "setup_intent" if session["mode"] == "setup" else "payment_intent"
        asked = session["asked"]
        intent = self._new_intent(
            session["amount_total"] or 0, asked.get("payment_intent_data[metadata][reference]", "")
        )
        intent["setup_future_usage"] = asked.get("payment_intent_data[setup_future_usage]")
        intent["customer"] = "cus_1" if "customer_creation" in asked else None
        session[kind] = intent["id"]
        return intent

    def _new_intent(self, amount: int, reference: str, method: str = "pm_card_visa") -> dict[str, Any]:
        key = f"pi_{next(self._numbers)}"
        self.intents[key] = {
            "id": key,
            "object": "payment_intent",
            "status": "requires_payment_method",
            "amount": amount,
            "amount_received": 0,
            "currency": "eur",
            "customer": None,
            "payment_method": method,
            "setup_future_usage": None,
            "last_payment_error": None,
            "metadata": {"reference": reference},
            "created": int(self._clock().timestamp()),
        }
        return self.intents[key]

    def _charge(self, fields: dict[str, str]) -> Answer:
        method = fields["payment_method"]
        intent = self._new_intent(int(fields["amount"]), fields["metadata[reference]"], method)
        refusals = {DECLINED_METHOD: "insufficient_funds", AUTHENTICATED_METHOD: "authentication_required"}
        if method in refusals:
            intent["last_payment_error"] = {"code": "card_declined", "decline_code": refusals[method]}
            error = {
                "type": "card_error",
                "code": "card_declined",
                "decline_code": refusals[method],
                "message": "declined",
                "payment_intent": intent,
            }
            return 402, {"error": error}
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        return 200, intent | {"payment_method": self._card(intent)}

    def _expanded(self, session: dict[str, Any]) -> dict[str, Any]:
        shown = dict(session)
        for kind in ("payment_intent", "setup_intent"):
            if session[kind]:
                intent = self.intents[session[kind]]
                shown[kind] = intent | {"payment_method": self._card(intent)}
        return shown

    def _card(self, intent: dict[str, Any]) -> dict[str, Any]:
        card = {"brand": "visa", "last4": "4242", "exp_month": 2, "exp_year": 2028}
        return {"id": intent["payment_method"], "object": "payment_method", "type": "card", "card": card}

    def _list(self, found: dict[str, dict[str, Any]], fields: dict[str, str]) -> dict[str, Any]:
        first, last = int(fields["created[gte]"]), int(fields["created[lte]"])
        rows = [each for each in found.values() if first <= each["created"] <= last]
        return {"object": "list", "url": "/v1/list", "has_more": False, "data": rows}
