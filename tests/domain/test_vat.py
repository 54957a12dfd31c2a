"""The VAT rate by day: the boundaries of domain.md 8.3."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.domain.vat import vat_rate_on


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2005, 1, 1), 20),
        (date(2011, 9, 16), 20),
        (date(2011, 9, 17), 21),
        (date(2013, 9, 30), 21),
        (date(2013, 10, 1), 22),
        (date(2026, 11, 24), 22),
    ],
)
def test_the_rate_is_that_of_the_day(day: date, rate: int) -> None:
    assert vat_rate_on(day) == Decimal(rate)
