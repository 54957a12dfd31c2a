"""One try to pay at a gateway: why it can fail, what the gateway may say of it, when it is asked again."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from portal.domain.payments import PaymentMethod, PaymentState

GATEWAY_METHODS = (PaymentMethod.CARD, PaymentMethod.PAYPAL)
"""The methods whose money comes through a gateway's own page. Source: domain.md 7.1."""

OPEN_STATES = frozenset({PaymentState.INITIATED, PaymentState.PENDING, PaymentState.UNKNOWN})
"""While an attempt is in one of these, its order has no other. Source: lessons.md 1 (9)."""

QUESTIONS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long after its beginning the gateway is asked about an attempt. Source: lessons.md 1 (8)."""


class Standing(StrEnum):
    """What a gateway says of something it was asked for."""

    MISSING = "missing"
    """It never heard of it."""
    OPEN = "open"
    """Its page waits for the customer."""
    PROCESSING = "processing"
    """The customer has done their part; the outcome is not known yet."""
    DONE = "done"
    """Paid, or, where nothing was to pay, the method is stored."""
    FAILED = "failed"
    """It came to nothing, and nothing can come of it any more."""


class Failure(StrEnum):
    """Why an attempt came to nothing, in classes that a person can act on. Source: domain.md 12."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    WRONG_DATA = "wrong_data"
    NOT_AUTHENTICATED = "not_authenticated"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    """Nobody finished on the gateway's page, or chose another way to pay."""
    NEVER_STARTED = "never_started"
    """The gateway never heard of it, or could not be reached: nothing was charged."""


DECLINES = frozenset(Failure) - {Failure.ABANDONED, Failure.NEVER_STARTED}
"""The failures in which somebody said no to the customer."""


def is_open_attempt(state: PaymentState) -> bool:
    """Say whether the attempt still stands in the way of another."""
    return state in OPEN_STATES


def question_after(number: int) -> timedelta | None:
    """Return when the question of that number (from 0) is due, or None after the last."""
    return QUESTIONS[number] if number < len(QUESTIONS) else None


def is_last_question(number: int) -> bool:
    """Say whether what is still open at this question is closed."""
    return number >= len(QUESTIONS) - 1
