"""What a customer agrees to when a method is stored, and the most that may be charged because of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain.money import Cents

CONSENT_VERSION = "2026-12"
"""The text shown now: templates/payments/consents/<version>.html. A text that was shown never changes; the
days it speaks of are kept behind its version."""

MAILBOX_CONSENT_VERSION = "2026-12-mailbox"
"""The same for auto-renewal that is switched on for one mailbox, from its page."""

EXPIRING_DAYS = 60
METHOD_CONSENT_VERSION = "2026-12-method"
"""The same for a method that is added, or put in another's place, without an order."""


@dataclass(frozen=True, slots=True)
class MandateLimits:
    """How much a customer is asked to allow for one later charge: the operator's choice."""

    margin_percent: int = 50
    """What a charge may cost more than the order by which it was agreed, for prices that rise."""
    step_cents: Cents = 10_00
    """Maxima are rounded up to its multiples: customers read them."""
    added_cents: Cents = 200_00
    """The most one charge may be of a method that is stored without an order to judge by."""

    def maximum_for(self, due_cents: Cents) -> Cents:
        """Return the most that one later charge may be after an order of that amount.

        As it comes: half as much again, in whole tens of euros; 6.10 makes 10.00, 122.00 makes 190.00.
        """
        with_margin = due_cents + due_cents * self.margin_percent // 100
        return max(self.step_cents, -(-with_margin // self.step_cents) * self.step_cents)


def shown_code(text_version: str, maximum_cents: Cents) -> str:
    """Return the name of what a customer had in front of them; forms post it back with the answer. S42."""
    return f"{text_version}:{maximum_cents}"


class AutoRenewalQuestion(StrEnum):
    """Whether paying by card or PayPal asks for auto-renewal: the operator's choice. Source: domain.md C6."""

    ASK = "ask"
    ON = "on"
    OFF = "off"


class MethodStanding(StrEnum):
    """How long a stored method is still good for."""

    GOOD = "good"
    EXPIRING = "expiring"
    """Within sixty days: replaced now it misses no charge. Source: domain.md 6."""
    EXPIRED = "expired"


def method_standing(expires_on: date | None, today: date) -> MethodStanding:
    """Return how long a method is good for; one without an end is good."""
    if expires_on is None or (expires_on - today).days > EXPIRING_DAYS:
        return MethodStanding.GOOD
    return MethodStanding.EXPIRING if expires_on >= today else MethodStanding.EXPIRED


class StoredMethodState(StrEnum):
    """pending while the customer is on the gateway's page; then active, until removed."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILED = "failed"
    REMOVED = "removed"


def may_charge(amount_cents: Cents, maxima_cents: list[Cents]) -> bool:
    """Say whether one of the mandates in force allows the amount. Source: hardening.md S42."""
    return any(amount_cents <= maximum for maximum in maxima_cents)
