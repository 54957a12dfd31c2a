"""What the portal asks of those who take money on pages of their own, and the values they exchange.

Everybody imports it from `portal.ports`, where the ways to say no are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from portal.domain.attempts import Failure, Standing
from portal.domain.money import Cents
from portal.domain.payments import PaymentMethod


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What the customer shall do on a gateway's page: pay an amount, or, for nothing, store a method."""

    reference: str
    """Our own name for it, written down before the gateway hears of it: the idempotency key."""
    method: PaymentMethod
    amount_cents: Cents
    """0: nothing is charged, the method is stored for later charges."""
    about: str
    """The order number, for the customer's statement; empty where there is none."""
    return_url: str
    """Where the gateway's page sends the customer, whatever happened there."""
    opened_at: datetime
    keeps_method: bool = False
    """Whether what it is paid with is stored for later charges, as the customer agreed."""
    key: str = ""
    """The gateway's own name for it, as far as we know it."""
    may_charge: bool = True
    """Whether an amount the customer has approved but that was not taken yet may still be taken."""
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class HostedPage:
    """The page on which the customer pays; nothing of a card ever comes by us (SAQ A)."""

    key: str
    url: str


@dataclass(frozen=True, slots=True)
class MethodToken:
    """What a gateway needs to charge a stored method."""

    token: str
    customer: str = ""


@dataclass(frozen=True, slots=True)
class KeptMethod:
    """A method that the gateway has stored, as far as we may know it (S41)."""

    token: MethodToken
    brand: str
    last_four: str = ""
    expires_on: date | None = None
    """The last day of its month."""


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """What has become of a request, as the gateway tells it when asked."""

    standing: Standing
    key: str = ""
    page_url: str = ""
    """Where the customer can go on, while it is open."""
    amount_cents: Cents = 0
    currency: str = "EUR"
    failure: Failure | None = None
    kept: KeptMethod | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What shall go back of a payment, by the way it came."""

    reference: str
    """Our own name for the refund: the idempotency key."""
    amount_cents: Cents
    payment: PaymentRequest
    """What it was paid by, to be found as `ask` finds it."""


@dataclass(frozen=True, slots=True)
class RefundReport:
    """What has become of a refund: done, refused, or the bank is still at it (processing)."""

    standing: Standing
    key: str = ""
    words: str = ""
    """Why it was refused, for the operator."""


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A hint, truly from the gateway, that something happened: reason enough to ask, never to believe."""

    event_id: str
    reference: str
    """Ours; empty when the event is about nothing of ours."""


class PaymentGateway(Protocol):
    """Somebody who takes money on pages of their own. Every call is repeatable: the reference sees to it."""

    name: str

    def start(self, request: PaymentRequest) -> HostedPage:
        """Return the page for the request, the same one every time.

        Raises Unreachable when nothing was begun, Unavailable when nobody knows, Rejected.
        """
        ...

    def ask(self, request: PaymentRequest) -> GatewayReport:
        """Return what has become of it, found by our reference. Raises Unreachable, Unavailable, Rejected."""
        ...

    def close(self, request: PaymentRequest) -> GatewayReport:
        """See to it that nobody can pay it any more, unless it was paid already. Raises as `ask`."""
        ...

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        """Charge a stored method, its owner not being there; once per reference. Raises as `ask`."""
        ...

    def refund(self, request: RefundRequest) -> RefundReport:
        """Give back so much of a payment, once per reference; again tells what has become of it.

        Raises as `ask`; Rejected where the payment is not there.
        """
        ...

    def forget(self, method: MethodToken) -> None:
        """Make the gateway forget a stored method; again is harmless. Raises as `ask`."""
        ...

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        """Return what a webhook tells; `headers` by their names in lower case.

        Raises Rejected for what the gateway did not send, or sent long ago.
        """
        ...
