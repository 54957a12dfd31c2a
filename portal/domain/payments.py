"""Ways to pay, the states of a payment, and when the money of a slow one arrives."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from portal.domain.lifecycle import last_day_to_renew

_SATURDAY = 5


class PaymentMethod(StrEnum):
    """How an order can be paid. Source: domain.md 7.1."""

    CARD = "card"
    PAYPAL = "paypal"
    BANK_TRANSFER = "bank_transfer"
    PREFILLED_SLIP = "prefilled_slip"
    POSTAL_SLIP = "postal_slip"
    CREDIT = "credit"


class PaymentState(StrEnum):
    """Where one payment stands: the first five of an attempt at once, the rest of money that travels."""

    INITIATED = "initiated"
    PENDING = "pending"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    INSTRUCTIONS_SENT = "instructions_sent"
    REGISTERED = "registered"
    UNAPPLIED = "unapplied"


_ARRIVED = frozenset({PaymentState.SUCCEEDED, PaymentState.UNAPPLIED})

PAYMENT_MOVES: Mapping[PaymentState, frozenset[PaymentState]] = MappingProxyType(
    {
        PaymentState.INITIATED: _ARRIVED | {PaymentState.PENDING, PaymentState.UNKNOWN, PaymentState.FAILED},
        PaymentState.PENDING: _ARRIVED | {PaymentState.UNKNOWN, PaymentState.FAILED},
        PaymentState.UNKNOWN: _ARRIVED | {PaymentState.FAILED},
        PaymentState.FAILED: _ARRIVED,
        PaymentState.SUCCEEDED: frozenset(),
        PaymentState.INSTRUCTIONS_SENT: frozenset({PaymentState.REGISTERED, PaymentState.UNAPPLIED}),
        PaymentState.REGISTERED: frozenset(),
        PaymentState.UNAPPLIED: frozenset(),
    }
)
"""What may follow what. There is no way back from money that arrived, whatever a late event says; but what
seemed failed may turn out to have been paid. Source: domain.md 5, lessons.md 1 (7), hardening.md 3.2 (2)."""


@dataclass(frozen=True, slots=True)
class RegistrationTime:
    """Working days from paying to registration, at least and at most."""

    min_working_days: int
    max_working_days: int

    @property
    def is_immediate(self) -> bool:
        return self.max_working_days == 0


REGISTRATION_TIMES: Mapping[PaymentMethod, RegistrationTime] = MappingProxyType(
    {
        PaymentMethod.CARD: RegistrationTime(0, 0),
        PaymentMethod.PAYPAL: RegistrationTime(0, 0),
        PaymentMethod.BANK_TRANSFER: RegistrationTime(1, 3),
        PaymentMethod.PREFILLED_SLIP: RegistrationTime(1, 3),
        PaymentMethod.POSTAL_SLIP: RegistrationTime(5, 7),
        PaymentMethod.CREDIT: RegistrationTime(0, 0),
    }
)
"""The defaults; the operator may set others. Source: domain.md 7.1, C12."""


SLOW_METHODS = tuple(method for method, time in REGISTRATION_TIMES.items() if not time.is_immediate)
"""What travels by bank or post, and so is declared, matched and waited for."""


@dataclass(frozen=True, slots=True)
class BankCalendar:
    """How money travels here: the days on which no bank works, and the times of each method."""

    holidays: Container[date] = frozenset()
    times: Mapping[PaymentMethod, RegistrationTime] = field(default_factory=lambda: REGISTRATION_TIMES)


class Verdict(StrEnum):
    """What the arrival of the money means for a mailbox."""

    OK = "ok"
    LATE_BUT_RENEWABLE = "late_but_renewable"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Arrival:
    """The days between which a payment made today is registered, and what that means."""

    earliest: date
    latest: date
    verdict: Verdict


def can_move_payment(before: PaymentState, after: PaymentState) -> bool:
    """Say whether a payment may go from one state to the other."""
    return after in PAYMENT_MOVES[before]


def add_working_days(day: date, count: int, holidays: Container[date]) -> date:
    """Return the `count`-th working day after `day`; `day` itself, of whatever kind, for 0.

    Saturdays, Sundays and the holidays given are not working days.
    """
    for _ in range(count):
        day = _next_working_day(day, holidays)
    return day


def arrival_warning(
    method: PaymentMethod, today: date, expires_on: date, grace_days: int, calendar: BankCalendar
) -> Arrival:
    """Return when money sent today arrives, and whether that is in time for the mailbox.

    TOO_LATE: block the method, since the mailbox may be gone (a slow one that can take until the last day
    to renew counts, as a day's delay would lose everything). LATE_BUT_RENEWABLE: warn that it will be
    suspended until then. Source: domain.md 5 «Race to warn about», 7.1.
    """
    time = calendar.times[method]
    earliest = add_working_days(today, time.min_working_days, calendar.holidays)
    latest = add_working_days(today, time.max_working_days, calendar.holidays)
    last_day = last_day_to_renew(expires_on, grace_days)
    if latest > last_day or (latest == last_day and not time.is_immediate):
        verdict = Verdict.TOO_LATE
    elif latest > expires_on and not time.is_immediate:
        verdict = Verdict.LATE_BUT_RENEWABLE
    else:
        verdict = Verdict.OK
    return Arrival(earliest, latest, verdict)


def _next_working_day(day: date, holidays: Container[date]) -> date:
    day += timedelta(days=1)
    while day.weekday() >= _SATURDAY or day in holidays:
        day += timedelta(days=1)
    return day
