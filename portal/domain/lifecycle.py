"""A mailbox's state, which its dates decide, and what works in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

EXPIRING_DAYS = 90
"""From this many days before the expiry a mailbox counts as expiring. Source: domain.md 4."""

_DAY = timedelta(days=1)


class MailboxState(StrEnum):
    """Where a mailbox stands; all but the first follow from its dates. Source: domain.md 4."""

    PENDING_ACTIVATION = "pending_activation"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What works."""

    can_read: bool
    can_send: bool
    can_receive: bool


SUSPENDED_CAPABILITIES = Capabilities(can_read=True, can_send=False, can_receive=False)
"""The default for a suspended mailbox; each product may say otherwise. Source: domain.md C1."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days that matter, in their order; `suspended_from` is None if termination comes first."""

    expires_on: date
    suspended_from: date | None
    last_day_to_renew: date
    cancelled_from: date


def state_on(day: date, expires_on: date, grace_days: int, cancelled_on: date | None = None) -> MailboxState:
    """Return the state on a civil day; never PENDING_ACTIVATION, which no date decides.

    Expiry 2025-12-01 with 90 days: active through 1 December, suspended from 2 December to 1 March,
    cancelled from 2 March. `cancelled_on` is the first day of an early termination. Source: domain.md 4.
    """
    if day >= cancelled_from(expires_on, grace_days, cancelled_on):
        return MailboxState.CANCELLED
    return MailboxState.ACTIVE if day <= expires_on else MailboxState.SUSPENDED


def days_left(day: date, expires_on: date) -> int:
    """Return the days until the expiry: 0 on the last day, negative after it."""
    return (expires_on - day).days


def is_expiring(day: date, expires_on: date) -> bool:
    """Say whether a running term ends within 90 days. Source: domain.md 4."""
    return 0 <= days_left(day, expires_on) <= EXPIRING_DAYS


def last_day_to_renew(expires_on: date, grace_days: int, cancelled_on: date | None = None) -> date:
    """Return the last day on which the mailbox still exists. Source: domain.md 4."""
    return cancelled_from(expires_on, grace_days, cancelled_on) - _DAY


def cancelled_from(expires_on: date, grace_days: int, cancelled_on: date | None = None) -> date:
    """Return the first day on which the mailbox is gone: by lapse, or by termination if that is earlier."""
    lapsed_from = expires_on + timedelta(days=grace_days) + _DAY
    return min(lapsed_from, cancelled_on or lapsed_from)


def timeline(expires_on: date, grace_days: int, cancelled_on: date | None = None) -> Timeline:
    """Return the days between the expiry and the loss of the mailbox. Source: domain.md 4, 13 (2)."""
    gone_from = cancelled_from(expires_on, grace_days, cancelled_on)
    suspended_from = expires_on + _DAY
    return Timeline(
        expires_on=expires_on,
        suspended_from=suspended_from if suspended_from < gone_from else None,
        last_day_to_renew=gone_from - _DAY,
        cancelled_from=gone_from,
    )


def capabilities(state: MailboxState, suspended: Capabilities = SUSPENDED_CAPABILITIES) -> Capabilities:
    """Return what works in that state; `suspended` is the product's own setting. Source: domain.md C1, 4."""
    if state is MailboxState.SUSPENDED:
        return suspended
    works = state is MailboxState.ACTIVE
    return Capabilities(can_read=works, can_send=works, can_receive=works)
