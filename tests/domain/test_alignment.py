"""One date for all mailboxes: what whole years can do, and at what price."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.alignment import ExpiringOn, Obstacle, align, years_to
from portal.domain.conventions import Convention, Payer
from portal.domain.plans import Plan
from portal.domain.price_list import Item, Price, price_list_on
from portal.domain.pricing import Choice
from portal.domain.terms import new_expiry

TODAY = date(2026, 11, 26)
TARGET = date(2028, 6, 30)
PRICES = price_list_on(
    [
        Price(Item.STANDARD, 500, date(2020, 1, 1)),
        Price(Item.PRO, 2500, date(2020, 1, 1), None, frozenset({1, 2})),
    ],
    TODAY,
    conventions=[Convention("C-1", "Ordine", Payer.MEMBER, Plan.STANDARD, 3, 400, date(2012, 1, 1))],
)


@pytest.mark.parametrize(
    ("expires_on", "target", "years"),
    [
        (date(2026, 12, 1), date(2026, 12, 1), 0),
        (date(2026, 12, 1), date(2026, 12, 2), 1),
        (date(2026, 12, 1), date(2027, 12, 1), 1),
        (date(2026, 12, 1), date(2027, 12, 2), 2),
        (date(2030, 1, 1), date(2028, 1, 1), 0),
        (date(2026, 9, 1), date(2028, 6, 30), 2),
        (date(2024, 2, 29), date(2025, 2, 28), 1),
        (date(2024, 2, 29), date(2025, 3, 1), 2),
    ],
)
def test_years_are_whole_and_as_few_as_possible(expires_on: date, target: date, years: int) -> None:
    assert years_to(expires_on, target) == years


@given(st.dates(date(2026, 9, 1), date(2031, 12, 31)), st.dates(date(2026, 11, 27), date(2031, 11, 26)))
def test_each_is_paid_until_the_date_and_not_a_year_longer_than_it_must(
    expires_on: date, target: date
) -> None:
    years = years_to(expires_on, target)
    ends = new_expiry(expires_on, years) if years else expires_on

    assert ends >= target
    assert years == 0 or (new_expiry(expires_on, years - 1) if years > 1 else expires_on) < target


def test_all_that_can_be_is_counted_and_the_rest_says_why() -> None:
    found = align(
        [
            ExpiringOn(date(2026, 12, 1), Choice(Plan.STANDARD), 3),
            ExpiringOn(date(2027, 7, 1), Choice(Plan.STANDARD), 2),
            ExpiringOn(date(2028, 7, 1), Choice(Plan.STANDARD), 4),
            ExpiringOn(date(2026, 12, 1), Choice(Plan.PRO), 1),
            ExpiringOn(date(2026, 6, 1), Choice(Plan.PRO), 5),
            ExpiringOn(date(2027, 1, 1), Choice(Plan.STANDARD, convention="C-1"), 6),
            ExpiringOn(date(2027, 1, 1), Choice(Plan.PREMIUM), 7),
        ],
        PRICES,
        TARGET,
    )

    assert [(step.years, step.count, step.net_cents) for step in found.steps] == [
        (1, 2, 1000),
        (2, 4, 3 * 1000 + 5000),
    ]
    assert found.already == 4
    assert found.left_out == {Obstacle.TERM: 5, Obstacle.CONVENTION: 6, Obstacle.PRICE: 7}
    assert (found.net_cents, found.vat_cents, found.gross_cents) == (9000, 1980, 10980)
    assert (found.first, found.last) == (date(2028, 7, 1), date(2028, 12, 1))


def test_a_convention_whose_term_fits_is_counted_at_its_price() -> None:
    found = align(
        [ExpiringOn(date(2026, 12, 1), Choice(Plan.STANDARD, convention="C-1"), 1)], PRICES, date(2029, 12, 1)
    )

    assert [(step.years, step.net_cents) for step in found.steps] == [(3, 400)]


def test_nothing_to_do_costs_nothing() -> None:
    assert align([], PRICES, TARGET).gross_cents == 0
