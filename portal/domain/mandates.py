"""What a customer agrees to when a method is stored, and the most that may be charged because of it."""

from __future__ import annotations

from enum import StrEnum

from portal.domain.money import Cents

CONSENT_VERSION = "2026-11"
"""The text shown now: templates/payments/consents/<version>.html. A text that was shown never changes."""

MAILBOX_CONSENT_VERSION = "2026-11-mailbox"
"""The same for auto-renewal that is switched on for one mailbox, from its page."""

CHARGED_DAYS_BEFORE = 7
"""How long before an expiry an auto-renewal is charged. Source: domain.md 6, 15 (6)."""

ADDED_MAXIMUM_CENTS = 200_00
"""The most one charge may be of a method that is stored without an order to judge by."""

_STEP = 10_00
"""Cents to whose multiples a maximum is rounded up."""


class AutoRenewalQuestion(StrEnum):
    """Whether paying by card or PayPal asks for auto-renewal: the operator's choice. Source: domain.md C6."""

    ASK = "ask"
    ON = "on"
    OFF = "off"


class StoredMethodState(StrEnum):
    """pending while the customer is on the gateway's page; then active, until removed."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILED = "failed"
    REMOVED = "removed"


def maximum_for(due_cents: Cents) -> Cents:
    """Return the most that one later charge may be after an order of that amount, in cents.

    Half as much again, for prices that rise, rounded up to ten euros: 6.10 makes 10.00, 122.00 makes 190.00.
    """
    with_margin = due_cents + due_cents // 2
    return max(_STEP, -(-with_margin // _STEP) * _STEP)


def may_charge(amount_cents: Cents, maxima_cents: list[Cents]) -> bool:
    """Say whether one of the mandates in force allows the amount. Source: hardening.md S42."""
    return any(amount_cents <= maximum for maximum in maxima_cents)
