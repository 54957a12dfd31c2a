"""The right of withdrawal: until when, for whom, what is refunded, where the mailbox returns to."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from portal.domain.customers import CustomerKind
from portal.domain.dates import add_years
from portal.domain.money import Cents, half_up, vat_cents
from portal.domain.orders import OrderKind, OrderState

WITHDRAWAL_DAYS = 14
"""Counted from the day after the contract's. Source: domain.md 10."""
REFUND_DAYS = 14
"""Counted from the day on which the customer withdraws. Source: domain.md 10."""
_SATURDAY = 5
_DAY = timedelta(days=1)


class WithdrawalState(StrEnum):
    """requested -> effective once the mailboxes are back -> refunded once the money is."""

    REQUESTED = "requested"
    EFFECTIVE = "effective"
    REFUNDED = "refunded"


WITHDRAWAL_MOVES: Mapping[WithdrawalState, frozenset[WithdrawalState]] = MappingProxyType(
    {
        WithdrawalState.REQUESTED: frozenset({WithdrawalState.EFFECTIVE}),
        WithdrawalState.EFFECTIVE: frozenset({WithdrawalState.REFUNDED}),
        WithdrawalState.REFUNDED: frozenset(),
    }
)


class NoWithdrawal(StrEnum):
    """Why the function is not there."""

    NOT_A_RENEWAL = "not_a_renewal"
    NOT_A_CONSUMER = "not_a_consumer"
    NOT_THE_PARTY = "not_the_party"
    """The account placed the order, and a mailbox's own session asks."""
    NOTHING_LEFT = "nothing_left"
    """Cancelled, expired or refunded already."""
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class WithdrawalTerms:
    """What the law gives the customer of an order; `until` is None for whoever is no consumer."""

    until: date | None
    """The last day, to its end in Rome."""
    asks_for_start: bool
    """Whether a term begins within the period, so that the customer has to ask for it."""


@dataclass(frozen=True, slots=True)
class BegunTerm:
    """A term that has begun: what it cost net, its first and last day, and since when the mailbox had it."""

    net_cents: Cents
    starts_on: date
    ends_on: date
    granted_on: date


def is_consumer(other_holders: int, invoiced: CustomerKind | None) -> bool:
    """Say whether nobody but natural persons outside of business stands behind an order.

    `other_holders` counts the mailboxes of other kinds; `invoiced` is who pays, where that is known.
    Source: domain.md 10.
    """
    return other_holders == 0 and invoiced in {None, CustomerKind.INDIVIDUAL}


def last_day_to_withdraw(concluded_on: date, closed: Container[date]) -> date:
    """Return the fourteenth day after the contract's, or the first working day from there on.

    Source: domain.md 10; regulation (EEC, Euratom) 1182/71, article 3 (4), which the directive refers to.
    """
    day = concluded_on + WITHDRAWAL_DAYS * _DAY
    while day.weekday() >= _SATURDAY or day in closed:
        day += _DAY
    return day


def last_day_to_refund(withdrawn_on: date) -> date:
    """Return the last day for giving back what was paid. Source: Codice del consumo, article 56 (1)."""
    return withdrawn_on + REFUND_DAYS * _DAY


def withdrawal_terms(
    concluded_on: date, soonest_expiry: date, closed: Container[date], *, consumer: bool
) -> WithdrawalTerms:
    """Return the terms of an order whose first mailbox expires on that day.

    A term that begins within the period begins only at the customer's express request, which makes the days
    enjoyed payable. Source: domain.md 10; Codice del consumo, articles 51 (8) and 57 (3).
    """
    if not consumer:
        return WithdrawalTerms(None, asks_for_start=False)
    until = last_day_to_withdraw(concluded_on, closed)
    return WithdrawalTerms(until, asks_for_start=soonest_expiry < until)


def why_no_withdrawal(
    kind: OrderKind, state: OrderState, until: date | None, today: date, *, is_party: bool
) -> NoWithdrawal | None:
    """Return what stands against withdrawing from an order today, or None. Source: domain.md 10."""
    if kind is not OrderKind.RENEWAL:
        return NoWithdrawal.NOT_A_RENEWAL
    if until is None:
        return NoWithdrawal.NOT_A_CONSUMER
    if not is_party:
        return NoWithdrawal.NOT_THE_PARTY
    if state not in {OrderState.AWAITING_PAYMENT, OrderState.PAID, OrderState.FULFILLED}:
        return NoWithdrawal.NOTHING_LEFT
    return NoWithdrawal.TOO_LATE if today > until else None


def days_enjoyed(term: BegunTerm, withdrawn_on: date) -> int:
    """Return the days of a term on which the mailbox worked by it, the day of the withdrawal included.

    From the day it was granted, if later than the first: what a suspended mailbox missed is not charged.
    """
    first = max(term.starts_on, term.granted_on)
    return min(max((withdrawn_on - first).days + 1, 0), _length(term))


def kept_net_cents(terms: Iterable[BegunTerm], withdrawn_on: date) -> Cents:
    """Return the net cents for the days enjoyed, each term by its days, a half cent up.

    500 cents for 365 days, five of them enjoyed: 7. Source: domain.md 10, Codice del consumo article 57 (3).
    """
    return sum(half_up(term.net_cents * days_enjoyed(term, withdrawn_on), _length(term)) for term in terms)


def refund_cents(paid_cents: Cents, kept_net: Cents, vat_rate: Decimal, *, split_payment: bool) -> Cents:
    """Return what goes back of what was paid, in cents: all but the days enjoyed with their VAT."""
    kept = kept_net if split_payment else kept_net + vat_cents(kept_net, vat_rate)
    return max(paid_cents - kept, 0)


def expiry_without(expires_on: date, before: date, after: date, years: int) -> date:
    """Return a mailbox's expiry once the term from `before` to `after` is taken out of it.

    Where another renewal has followed, what that one bought stays behind the old expiry.
    """
    return before if expires_on == after else add_years(expires_on, -years)


def _length(term: BegunTerm) -> int:
    return (term.ends_on - term.starts_on).days + 1
