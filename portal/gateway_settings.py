"""The operator's accounts at gateways, read from the environment with the other settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from portal.domain.mandates import AutoRenewalQuestion, MandateLimits


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """Cards, by Stripe's hosted checkout."""

    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    api: str = "https://api.stripe.com"
    """The base address of the API."""
    pages: str = "https://checkout.stripe.com"
    """Where the hosted pages are: the only addresses of theirs that customers are sent to."""


@dataclass(frozen=True, slots=True)
class PayPalAccount:
    """PayPal, by its Orders API."""

    client_id: str
    secret: str = field(repr=False)
    webhook_id: str
    api: str = "https://api-m.paypal.com"
    pages: str = "https://www.paypal.com"


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Which gateways there are, how long they may take, and whether paying by them asks for auto-renewal."""

    stripe: StripeAccount | None = None
    paypal: PayPalAccount | None = None
    timeout_seconds: int = 10
    """How long a gateway may take for one answer."""
    auto_renewal_on_card: AutoRenewalQuestion = AutoRenewalQuestion.ASK
    mandates: MandateLimits = field(default_factory=MandateLimits)
    """How much customers are asked to allow for one later charge."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Return where the gateways' pages are."""
        return tuple(account.pages for account in (self.stripe, self.paypal) if account is not None)


def read_gateways(environ: Mapping[str, str]) -> GatewaySettings:
    """Return the settings in PORTAL_STRIPE_*, PORTAL_PAYPAL_* and their like. Raises ValueError."""
    return GatewaySettings(
        stripe=_stripe(environ),
        paypal=_paypal(environ),
        timeout_seconds=_seconds(environ, "PORTAL_GATEWAY_TIMEOUT_SECONDS", 10),
        auto_renewal_on_card=_question(environ),
        mandates=_limits(environ),
    )


def _stripe(environ: Mapping[str, str]) -> StripeAccount | None:
    if not environ.get("PORTAL_STRIPE_KEY"):
        return None
    return StripeAccount(
        secret_key=environ["PORTAL_STRIPE_KEY"],
        webhook_secret=_needed(environ, "PORTAL_STRIPE_WEBHOOK_SECRET"),
        api=_origin(environ, "PORTAL_STRIPE_API", "https://api.stripe.com"),
        pages=_origin(environ, "PORTAL_STRIPE_PAGES", "https://checkout.stripe.com"),
    )


def _paypal(environ: Mapping[str, str]) -> PayPalAccount | None:
    if not environ.get("PORTAL_PAYPAL_CLIENT_ID"):
        return None
    return PayPalAccount(
        client_id=environ["PORTAL_PAYPAL_CLIENT_ID"],
        secret=_needed(environ, "PORTAL_PAYPAL_SECRET"),
        webhook_id=_needed(environ, "PORTAL_PAYPAL_WEBHOOK_ID"),
        api=_origin(environ, "PORTAL_PAYPAL_API", "https://api-m.paypal.com"),
        pages=_origin(environ, "PORTAL_PAYPAL_PAGES", "https://www.paypal.com"),
    )


def _needed(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise ValueError(f"{name} is missing: without it what the gateway tells cannot be believed")
    return environ[name]


def _origin(environ: Mapping[str, str], name: str, default: str) -> str:
    """Return scheme and host, as the content policy and redirects compare them."""
    parts = urlsplit(environ.get(name) or default)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{name} must be scheme and host, like {default}")
    return f"{parts.scheme}://{parts.netloc}"


def _seconds(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not int(text):
        raise ValueError(f"{name} must be a whole number of seconds, not {text!r}")
    return int(text)


def _limits(environ: Mapping[str, str]) -> MandateLimits:
    usual = MandateLimits()
    return MandateLimits(
        margin_percent=_between(environ, "PORTAL_MANDATE_MARGIN_PERCENT", usual.margin_percent, (0, 200)),
        step_cents=_between(environ, "PORTAL_MANDATE_STEP_EURO", usual.step_cents // 100, (1, 100)) * 100,
        added_cents=_between(environ, "PORTAL_MANDATE_ADDED_EURO", usual.added_cents // 100, (1, 10_000))
        * 100,
    )


def _between(environ: Mapping[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not bounds[0] <= int(text) <= bounds[1]:
        raise ValueError(f"{name} must be a whole number from {bounds[0]} to {bounds[1]}, not {text!r}")
    return int(text)


def _question(environ: Mapping[str, str]) -> AutoRenewalQuestion:
    text = environ.get("PORTAL_AUTO_RENEWAL_ON_CARD") or AutoRenewalQuestion.ASK
    try:
        return AutoRenewalQuestion(text)
    except ValueError as failure:
        raise ValueError("PORTAL_AUTO_RENEWAL_ON_CARD must be ask, on or off") from failure
