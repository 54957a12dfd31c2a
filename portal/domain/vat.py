"""The ordinary VAT rate by the day of the tax point."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

RATES = (
    (date(2013, 10, 1), Decimal(22)),
    (date(2011, 9, 17), Decimal(21)),
    (date.min, Decimal(20)),
)
"""First day and rate in per cent, newest first. Source: domain.md 8.3."""


class VatPeriod(NamedTuple):
    """A rate in per cent and the first day on which it held."""

    first_day: date
    rate: Decimal


def vat_period_on(day: date) -> VatPeriod:
    """Return the rate in force on `day` and since when it is. Source: domain.md 8.3."""
    return next(VatPeriod(first_day, rate) for first_day, rate in RATES if day >= first_day)


def vat_rate_on(day: date) -> Decimal:
    """Return the rate in force on `day`, in per cent. Source: domain.md 8.3."""
    return vat_period_on(day).rate
