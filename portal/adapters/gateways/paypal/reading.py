"""What PayPal's objects mean to us, and what we ask of it in its own words."""

from __future__ import annotations

from typing import Any

from portal.domain.attempts import Failure, Standing
from portal.domain.money import Cents
from portal.ports import (
    GatewayReport,
    KeptMethod,
    MethodToken,
    PaymentRequest,
    RefundReport,
    RefundRequest,
    Rejected,
)

BRAND = "PayPal"
_WAITS = frozenset({"CREATED", "SAVED", "PAYER_ACTION_REQUIRED"})
_REFUNDS = {"COMPLETED": Standing.DONE, "FAILED": Standing.FAILED, "CANCELLED": Standing.FAILED}
_STANDINGS = {"COMPLETED": Standing.DONE, "PENDING": Standing.PROCESSING}


def order_body(request: PaymentRequest, source: dict[str, Any]) -> dict[str, Any]:
    """Return the order that takes the amount of the request from that source."""
    unit = {
        "reference_id": "default",
        "custom_id": request.reference,
        "description": request.about,
        "amount": {"currency_code": request.currency, "value": _value(request.amount_cents)},
    }
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": {"paypal": source}}


def on_page(request: PaymentRequest) -> dict[str, Any]:
    """Return the source of an order that the customer approves on PayPal's page."""
    source: dict[str, Any] = {"experience_context": experience(request) | {"user_action": "PAY_NOW"}}
    if request.keeps_method:
        source["attributes"] = {"vault": {"store_in_vault": "ON_SUCCESS", "usage_type": "MERCHANT"}}
    return source


def experience(request: PaymentRequest) -> dict[str, Any]:
    return {
        "return_url": request.return_url,
        "cancel_url": request.return_url,
        "shipping_preference": "NO_SHIPPING",
    }


def page_of(told: dict[str, Any]) -> str:
    """Return where the customer approves, or nothing."""
    links = {link["rel"]: link["href"] for link in told.get("links", [])}
    return str(links.get("payer-action") or links.get("approve") or "")


def of_order(order: dict[str, Any]) -> GatewayReport:
    """Return what an order has come to; one that is approved and not captured is still being processed."""
    key, status = str(order["id"]), order.get("status")
    if status in _WAITS:
        return GatewayReport(Standing.OPEN, key, page_of(order))
    if status == "APPROVED":
        return GatewayReport(Standing.PROCESSING, key)
    captures = [each for unit in order.get("purchase_units", []) for each in _captures(unit)]
    if status != "COMPLETED" or not captures:
        return GatewayReport(Standing.FAILED, key, failure=Failure.ABANDONED)
    return _of_capture(key, captures[0], order)


def of_token(key: str, token: dict[str, Any]) -> GatewayReport:
    """Return that a method is stored."""
    customer = str((token.get("customer") or {}).get("id") or "")
    return GatewayReport(Standing.DONE, key, kept=KeptMethod(MethodToken(str(token["id"]), customer), BRAND))


def refund_body(request: RefundRequest) -> dict[str, Any]:
    """Return what asks for so much of a capture back, with our reference in it."""
    amount = {"currency_code": request.payment.currency, "value": _value(request.amount_cents)}
    return {"amount": amount, "custom_id": request.reference, "note_to_payer": request.payment.about}


def refund_in(order: dict[str, Any], reference: str) -> dict[str, Any] | None:
    """Return the refund of an order that has our reference, or None."""
    units = order.get("purchase_units", [])
    refunds = [each for unit in units for each in (unit.get("payments") or {}).get("refunds") or []]
    return next((each for each in refunds if each.get("custom_id") == reference), None)


def capture_in(order: dict[str, Any]) -> str:
    """Return the name of what was captured. Raises Rejected where nothing was."""
    captures = [each for unit in order.get("purchase_units", []) for each in _captures(unit)]
    if not captures:
        raise Rejected("nothing was captured there")
    return str(captures[0]["id"])


def of_refund(refund: dict[str, Any]) -> RefundReport:
    """Return what a refund has come to."""
    status = str(refund.get("status"))
    reason = str((refund.get("status_details") or {}).get("reason") or "")
    return RefundReport(_REFUNDS.get(status, Standing.PROCESSING), str(refund["id"]), reason)


def reference_in(event: dict[str, Any]) -> str:
    """Return our reference in what an event is about, or nothing."""
    about = event.get("resource") or {}
    units = about.get("purchase_units") or [{}]
    return str(about.get("custom_id") or units[0].get("custom_id") or "")


def _of_capture(key: str, capture: dict[str, Any], order: dict[str, Any]) -> GatewayReport:
    standing = _STANDINGS.get(str(capture.get("status")))
    if standing is None:
        return GatewayReport(Standing.FAILED, key, failure=Failure.REFUSED)
    amount = capture["amount"]
    return GatewayReport(
        standing,
        key,
        amount_cents=_cents(str(amount["value"])),
        currency=str(amount["currency_code"]),
        kept=_kept(order),
    )


def _captures(unit: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (unit.get("payments") or {}).get("captures") or []
    return found


def _kept(order: dict[str, Any]) -> KeptMethod | None:
    source = (order.get("payment_source") or {}).get("paypal") or {}
    vault = (source.get("attributes") or {}).get("vault") or {}
    if not vault.get("id"):
        return None
    return KeptMethod(
        MethodToken(str(vault["id"]), str((vault.get("customer") or {}).get("id") or "")), BRAND
    )


def _value(cents: Cents) -> str:
    """Return «6.10» for 610."""
    return f"{cents // 100}.{cents % 100:02}"


def _cents(value: str) -> Cents:
    """Return 610 for «6.10»."""
    whole, _, part = value.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0")[:2] or 0)
