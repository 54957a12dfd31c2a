"""The ordinary VAT rate by the day of the tax point."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

RATES = (
    (date(2013, 10, 1), Decimal(22)),
    (date(2011, 9, 17), Decimal(21)),
    (date.min, Decimal(20)),
)
"""First day and rate in per cent, newest first. Source: domain.md 8.3."""


def vat_rate_on(day: date) -> Decimal:
    """Return the rate in force on `day`, in per cent. Source: domain.md 8.3."""
    return next(rate for first_day, rate in RATES if day >= first_day)
