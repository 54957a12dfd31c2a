"""What extra space costs when it is bought in the middle of a term."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import count

from portal.domain.dates import add_months, add_years
from portal.domain.errors import ExtraSpaceNotSold
from portal.domain.money import Cents, half_up

FREE_WINDOW_MONTHS = 3
"""In the last three months before the expiry extra space is free until then. Source: domain.md C8."""


class ExtraSpacePolicy(StrEnum):
    """How a channel charges. Source: domain.md C7."""

    FULL_YEAR_WITH_FREE_WINDOW = "full_year_with_free_window"
    MONTHLY_PRO_RATA = "monthly_pro_rata"


@dataclass(frozen=True, slots=True)
class ExtraSpaceCharge:
    """What is charged now, net, and the months it pays for; the space lasts until the mailbox expires."""

    months: int
    net_cents: Cents
    renewal_net_cents: Cents
    """What a year of it costs when the mailbox is renewed."""

    @property
    def is_free(self) -> bool:
        return self.months == 0


def extra_space_charge(
    policy: ExtraSpacePolicy, today: date, expires_on: date, gb: int, gb_year_cents: Cents
) -> ExtraSpaceCharge:
    """Return what `gb` more cost from today to the expiry; `gb_year_cents` is net, per GB and year.

    Policy A charges whole years and nothing in the last three months; policy B the months begun, rounded
    half up: 1 GB at 3.00 from 15 June to 1 December is six months, 1.50. Raises ExtraSpaceNotSold after
    the expiry, when space comes only with the renewal. Source: domain.md 8.4.
    """
    if today > expires_on:
        raise ExtraSpaceNotSold(expires_on)
    if policy is ExtraSpacePolicy.FULL_YEAR_WITH_FREE_WINDOW:
        months = 12 * charged_years(today, expires_on)
    else:
        months = started_months(today, expires_on)
    return ExtraSpaceCharge(months, half_up(gb_year_cents * gb * months, 12), gb_year_cents * gb)


def charged_years(today: date, expires_on: date) -> int:
    """Return the whole years to the expiry, and one more if over three months remain.

    Source: domain.md 8.4 A.
    """
    full = next(years for years in count() if add_years(today, years + 1) > expires_on)
    free_from = add_months(expires_on, -FREE_WINDOW_MONTHS)
    return full + (1 if add_years(today, full) < free_from else 0)


def started_months(today: date, expires_on: date) -> int:
    """Return the months begun until the expiry, at least one. Source: domain.md 8.4 B."""
    return next(months for months in count(1) if add_months(today, months) >= expires_on)
