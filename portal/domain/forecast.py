"""What renewing costs in the months ahead: mailboxes by their month of expiry, and its price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.choices import first_choice
from portal.domain.dates import add_months
from portal.domain.errors import ConventionNotPayable, PlanNotOffered, PriceMissing, TermNotOffered
from portal.domain.money import Cents
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, quote

MONTHS_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Expiring:
    """So many mailboxes that are alike and expire in the same month."""

    month: date | None
    """The month's first day; None: they have expired already."""
    choice: Choice
    """What they are now, for one year."""
    count: int


@dataclass(frozen=True, slots=True)
class MonthAhead:
    """One month: how many mailboxes expire in it, and what renewing them costs as they are."""

    month: date | None
    """The month's first day; None: before today, and still renewable."""
    count: int
    net_cents: Cents | None
    """For one year, or for a convention's term; None where the price list cannot say."""
    gross_cents: Cents | None
    """The same with VAT, ordered all at once."""


@dataclass(frozen=True, slots=True)
class YearAhead:
    """Twelve months, this one first, and before them what has expired; and the sums."""

    months: Sequence[MonthAhead]
    count: int
    net_cents: Cents | None
    gross_cents: Cents | None
    """What is paid where each month is one order."""

    @property
    def last_month(self) -> date:
        """Return the first day of the last of these months: what is counted ends with it."""
        return max(month.month for month in self.months if month.month)


def window_end(today: date) -> date:
    """Return the day after the last of the months ahead, this month being the first."""
    return add_months(today.replace(day=1), MONTHS_AHEAD)


def year_ahead(groups: Sequence[Expiring], prices: PriceList, *, today: date) -> YearAhead:
    """Return the months ahead, each mailbox renewed once: as it is, or as its convention says,
    at the price list given: without promotions, which end before the months do.

    A month without expiries costs nothing. Source: product.md 3 (`/`), lessons.md L7, domain.md 8.2.
    """
    months = [None, *(add_months(today.replace(day=1), ahead) for ahead in range(MONTHS_AHEAD))]
    by_month = [
        _month(month, [group for group in groups if group.month == month], prices) for month in months
    ]
    return YearAhead(
        months=by_month if by_month[0].count else by_month[1:],
        count=sum(month.count for month in by_month),
        net_cents=_sum_of([month.net_cents for month in by_month]),
        gross_cents=_sum_of([month.gross_cents for month in by_month]),
    )


def _sum_of(amounts: Sequence[Cents | None]) -> Cents | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def _month(month: date | None, groups: Sequence[Expiring], prices: PriceList) -> MonthAhead:
    return MonthAhead(month, sum(group.count for group in groups), *_amounts(groups, prices))


def _amounts(groups: Sequence[Expiring], prices: PriceList) -> tuple[Cents | None, Cents | None]:
    choices = [(first_choice(group.choice, prices.conventions), group.count) for group in groups]
    try:
        costs = quote(choices, prices, day=prices.day)
    except (PriceMissing, TermNotOffered, PlanNotOffered, ConventionNotPayable):
        return None, None
    return costs.net_cents, costs.gross_cents
