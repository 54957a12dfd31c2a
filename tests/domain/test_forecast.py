"""What the months ahead hold, and what renewing it costs."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.forecast import Expiring, year_ahead
from portal.domain.plans import Plan
from portal.domain.price_list import Item, Price, price_list_on
from portal.domain.pricing import Choice

TODAY = date(2026, 11, 26)
NOVEMBER, MARCH = date(2026, 11, 1), date(2027, 3, 1)
PRICES = price_list_on(
    [
        Price(Item.STANDARD, 500, date(2020, 1, 1)),
        Price(Item.PRO, 2500, date(2020, 1, 1)),
        Price(Item.EXTRA_MAILBOX_GB, 300, date(2020, 1, 1)),
    ],
    TODAY,
)


def test_months_without_expiries_are_there_too() -> None:
    ahead = year_ahead([Expiring(MARCH, Choice(Plan.STANDARD), 2)], PRICES, today=TODAY)

    assert [month.month for month in ahead.months][:2] == [NOVEMBER, date(2026, 12, 1)]
    assert (len(ahead.months), ahead.months[-1].month) == (12, date(2027, 10, 1))
    assert [(month.count, month.net_cents) for month in ahead.months if month.count] == [(2, 1000)]


def test_what_has_expired_comes_first_and_only_when_there_is_some() -> None:
    ahead = year_ahead([Expiring(None, Choice(Plan.STANDARD), 1)], PRICES, today=TODAY)

    assert (ahead.months[0].month, ahead.months[0].net_cents, len(ahead.months)) == (None, 500, 13)


@pytest.mark.parametrize(
    ("groups", "net_cents"),
    [
        ([], 0),
        ([Expiring(NOVEMBER, Choice(Plan.STANDARD), 3), Expiring(MARCH, Choice(Plan.PRO), 1)], 4000),
        ([Expiring(NOVEMBER, Choice(Plan.STANDARD, extra_mailbox_gb=2), 1)], 1100),
        ([Expiring(NOVEMBER, Choice(Plan.STANDARD), 3), Expiring(MARCH, Choice(Plan.PREMIUM), 1)], None),
    ],
    ids=["nothing", "two months", "extra space", "a plan without a price"],
)
def test_the_year_costs_what_its_months_cost(groups: list[Expiring], net_cents: int | None) -> None:
    ahead = year_ahead(groups, PRICES, today=TODAY)

    assert ahead.net_cents == net_cents
    assert ahead.count == sum(group.count for group in groups)
