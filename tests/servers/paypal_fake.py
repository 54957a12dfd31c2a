"""What we use of PayPal's API, on this machine: orders, captures, the vault, verified webhooks."""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from tests.servers.gateways import Answer, FakeGateway

DECLINED_METHOD = "vault-declined"
SENT = "sent-by-paypal"
"""The signature of what this PayPal sends; of anything else it says that it did not send it."""


class FakePayPal(FakeGateway):
    """Answers as api-m.paypal.com does; what a customer decides comes by `decide`, as on its page."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)
        self._once: dict[str, Answer] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.setups: dict[str, dict[str, Any]] = {}
        self.declined: set[str] = set()
        self.deleted: list[str] = []
        self.refund_status = "COMPLETED"
        """What becomes of the next refunds."""

    def forget_keys(self) -> None:
        """Let days go by: what was asked is remembered, under which key it was asked is not."""
        self._once.clear()

    @property
    def charged(self) -> list[int]:
        """Return the amounts that were taken, in cents."""
        units = [order["purchase_units"][0] for order in self.orders.values()]
        taken = [unit["payments"]["captures"][0] for unit in units if "payments" in unit]
        return [
            int(each["amount"]["value"].replace(".", "")) for each in taken if each["status"] == "COMPLETED"
        ]

    def decide(self, page: str, failure: str = "", *, later: bool = False) -> None:
        """Approve on the page; with a failure, approve what the bank then refuses."""
        key = page.rsplit("/", 1)[1]
        about = self.orders.get(key) or self.setups[key]
        about["status"] = "APPROVED"
        about["later"] = later
        if failure:
            self.declined.add(key)

    def bank_answers(self, page: str) -> None:
        """Let the bank say yes to what it had not answered yet."""
        order = self.orders[page.rsplit("/", 1)[1]]
        order["purchase_units"][0]["payments"]["captures"][0]["status"] = "COMPLETED"

    def event(self, reference: str, event_id: str = "WH-1") -> tuple[dict[str, str], bytes]:
        """Return headers and body of the webhook about our reference."""
        body = json.dumps(
            {
                "id": event_id,
                "event_type": "CHECKOUT.ORDER.APPROVED",
                "resource": {"purchase_units": [{"custom_id": reference}]},
            }
        ).encode()
        names = ("transmission-id", "transmission-time", "cert-url", "auth-algo", "transmission-sig")
        return {f"paypal-{name}": SENT for name in names}, body

    def is_breakable(self, verb: str, path: str) -> bool:
        about_us = ("/v1/oauth2/token", "/v1/notifications/verify-webhook-signature")
        return super().is_breakable(verb, path) and path not in about_us

    def answer(self, verb: str, address: str, headers: dict[str, str], body: bytes) -> Answer:
        path = urlsplit(address).path
        if path == "/v1/oauth2/token":
            return 200, {"access_token": "token", "expires_in": 32_400}
        if headers.get("authorization") != "Bearer token":
            return 401, {"name": "AUTHENTICATION_FAILURE"}
        key = headers.get("paypal-request-id", "")
        if verb == "POST" and key in self._once:
            return self._once[key]
        found = self._answer(verb, path, json.loads(body) if body else {})
        if verb == "POST" and key and found[0] < 300:
            self._once[key] = found
        return found

    def _answer(self, verb: str, path: str, told: dict[str, Any]) -> Answer:
        words = path.strip("/").split("/")
        if path == "/v1/notifications/verify-webhook-signature":
            is_ours = told["transmission_sig"] == SENT and "id" in told["webhook_event"]
            return 200, {"verification_status": "SUCCESS" if is_ours else "FAILURE"}
        if words[:3] == ["v2", "checkout", "orders"]:
            return self._order(verb, words[3:], told)
        if words[:3] == ["v2", "payments", "captures"] and words[4:] == ["refund"]:
            return self._refund(words[3], told)
        if words[:3] == ["v3", "vault", "setup-tokens"]:
            return self._setup(verb, words[3:])
        if words[:3] == ["v3", "vault", "payment-tokens"]:
            if verb == "DELETE":
                known = words[3] not in self.deleted
                self.deleted.append(words[3])
                return (204, {}) if known else (404, {"name": "RESOURCE_NOT_FOUND"})
            return 201, {"id": "vault-1", "customer": {"id": "customer-1"}}
        return 404, {"name": "RESOURCE_NOT_FOUND"}

    def _order(self, verb: str, words: list[str], told: dict[str, Any]) -> Answer:
        if not words:
            return self._new_order(told)
        order = self.orders.get(words[0])
        if order is None:
            return 404, {"name": "RESOURCE_NOT_FOUND"}
        if words[1:] == ["capture"]:
            return self._capture(order)
        return 200, order

    def _new_order(self, told: dict[str, Any]) -> Answer:
        key = f"5O{next(self._numbers):015}"
        source = told["payment_source"]["paypal"]
        order = {
            "id": key,
            "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": told["purchase_units"],
            "payment_source": {"paypal": source},
            "links": [{"rel": "payer-action", "href": f"{self.url}/pay/{key}"}],
            "later": False,
        }
        if source.get("vault_id") == DECLINED_METHOD:
            return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "INSTRUMENT_DECLINED"}]}
        self.orders[key] = order
        return (201, self._taken(order)) if "vault_id" in source else (200, order)

    def _capture(self, order: dict[str, Any]) -> Answer:
        if order["status"] == "COMPLETED":
            return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "ORDER_ALREADY_CAPTURED"}]}
        if order["id"] in self.declined:
            return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "INSTRUMENT_DECLINED"}]}
        return 201, self._taken(order)

    def _taken(self, order: dict[str, Any]) -> dict[str, Any]:
        unit = order["purchase_units"][0]
        status = "PENDING" if order["later"] else "COMPLETED"
        unit["payments"] = {
            "captures": [{"id": f"capture-{order['id']}", "status": status, "amount": unit["amount"]}]
        }
        order["status"] = "COMPLETED"
        vault = order["payment_source"]["paypal"].get("attributes", {}).get("vault")
        if vault is not None:
            vault |= {"id": "vault-1", "status": "VAULTED", "customer": {"id": "customer-1"}}
        return order

    def _refund(self, capture: str, told: dict[str, Any]) -> Answer:
        order = self.orders[capture.removeprefix("capture-")]
        payments = order["purchase_units"][0]["payments"]
        before = payments.setdefault("refunds", [])
        taken = _cents(payments["captures"][0]["amount"]["value"])
        if sum(_cents(each["amount"]["value"]) for each in [*before, told]) > taken:
            return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "CAPTURE_FULLY_REFUNDED"}]}
        refund = {
            "id": f"1J{next(self._numbers):015}",
            "status": self.refund_status,
            "amount": told["amount"],
            "custom_id": told["custom_id"],
        }
        if self.refund_status == "FAILED":
            refund["status_details"] = {"reason": "ECHECK"}
        before.append(refund)
        return 201, refund

    @property
    def refunded(self) -> list[int]:
        """Return the amounts that were given back, in cents."""
        units = [order["purchase_units"][0] for order in self.orders.values()]
        found = [each for unit in units for each in unit.get("payments", {}).get("refunds", [])]
        return [_cents(each["amount"]["value"]) for each in found if each["status"] == "COMPLETED"]

    def _setup(self, verb: str, words: list[str]) -> Answer:
        if verb == "POST":
            key = f"4G{next(self._numbers):015}"
            links = [{"rel": "approve", "href": f"{self.url}/pay/{key}"}]
            self.setups[key] = {"id": key, "status": "PAYER_ACTION_REQUIRED", "links": links}
            return 201, self.setups[key]
        return 200, self.setups[words[0]]


def _cents(value: str) -> int:
    return int(value.replace(".", ""))
