"""Extra space in the middle of a term: both policies of domain.md 8.4, and the examples of 8.7."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import ExtraSpaceNotSold
from portal.domain.extra_space import (
    ExtraSpacePolicy,
    charged_years,
    extra_space_charge,
    started_months,
)
from portal.domain.money import vat_cents

WHOLE_YEARS, PRO_RATA = ExtraSpacePolicy
EXPIRY = date(2025, 12, 1)
GB_YEAR = 300


@pytest.mark.parametrize(
    ("policy", "gb", "bought", "expires_on", "net", "vat"),
    [
        (WHOLE_YEARS, 1, date(2025, 6, 15), EXPIRY, 300, 66),
        (WHOLE_YEARS, 1, date(2025, 8, 31), EXPIRY, 300, 66),  # one day more than three months
        (WHOLE_YEARS, 1, date(2025, 9, 1), EXPIRY, 0, 0),  # exactly three months
        (WHOLE_YEARS, 1, date(2025, 10, 10), EXPIRY, 0, 0),
        (WHOLE_YEARS, 1, date(2025, 12, 1), EXPIRY, 0, 0),
        (WHOLE_YEARS, 2, date(2025, 6, 15), EXPIRY, 600, 132),
        (WHOLE_YEARS, 1, date(2025, 9, 15), date(2027, 11, 30), 600, 132),  # two years and 2.5 months
        (WHOLE_YEARS, 1, date(2025, 11, 27), date(2026, 2, 28), 300, 66),
        (WHOLE_YEARS, 1, date(2025, 11, 28), date(2026, 2, 28), 0, 0),
        (WHOLE_YEARS, 1, date(2025, 12, 1), date(2026, 12, 1), 300, 66),  # a whole year
        (WHOLE_YEARS, 1, date(2025, 8, 31), date(2026, 12, 1), 600, 132),
        (PRO_RATA, 1, date(2025, 6, 15), EXPIRY, 150, 33),  # six months begun
    ],
)
def test_worked_examples(
    policy: ExtraSpacePolicy, gb: int, bought: date, expires_on: date, net: int, vat: int
) -> None:
    charge = extra_space_charge(policy, bought, expires_on, gb, GB_YEAR)

    assert (charge.net_cents, vat_cents(charge.net_cents, Decimal(22))) == (net, vat)
    assert charge.is_free == (net == 0)
    assert charge.renewal_net_cents == GB_YEAR * gb


@pytest.mark.parametrize(
    ("bought", "months"),
    [
        (date(2025, 12, 1), 1),
        (date(2025, 11, 1), 1),
        (date(2025, 10, 31), 2),
        (date(2025, 6, 1), 6),
        (date(2024, 12, 1), 12),
        (date(2024, 11, 30), 13),
    ],
)
def test_a_month_begun_counts_whole(bought: date, months: int) -> None:
    assert started_months(bought, EXPIRY) == months


@pytest.mark.parametrize(("gb_year_cents", "months_net"), [(301, 151), (299, 150), (25, 13), (1, 1)])
def test_pro_rata_is_rounded_half_up(gb_year_cents: int, months_net: int) -> None:
    charge = extra_space_charge(PRO_RATA, date(2025, 6, 15), EXPIRY, 1, gb_year_cents)

    assert (charge.months, charge.net_cents) == (6, months_net)


@pytest.mark.parametrize("policy", ExtraSpacePolicy)
def test_after_the_expiry_space_comes_with_the_renewal_alone(policy: ExtraSpacePolicy) -> None:
    with pytest.raises(ExtraSpaceNotSold) as refusal:
        extra_space_charge(policy, EXPIRY + timedelta(days=1), EXPIRY, 1, GB_YEAR)

    assert refusal.value.expires_on == EXPIRY


def anniversary(day: date, year: int, month: int) -> date:
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def anniversaries(day: date, until: date) -> list[date]:
    """Return every monthly anniversary of `day`, itself too, up to a date."""
    months = [(year, month) for year in range(day.year, until.year + 1) for month in range(1, 13)]
    days = [anniversary(day, *month) for month in months if month >= (day.year, day.month)]
    return [one for one in days if one <= until]


BOUGHT = st.dates(date(2020, 1, 1), date(2030, 12, 31))
AHEAD = st.integers(0, 5 * 366)


@given(bought=BOUGHT, ahead=AHEAD, gb=st.integers(1, 99))
def test_months_begun_agree_with_a_list_of_them(bought: date, ahead: int, gb: int) -> None:
    expires_on = bought + timedelta(days=ahead)
    begun = [day for day in anniversaries(bought, expires_on) if day < expires_on] or [bought]

    charge = extra_space_charge(PRO_RATA, bought, expires_on, gb, GB_YEAR)

    assert charge.months == len(begun)
    assert charge.net_cents == len(begun) * gb * 25


@given(bought=BOUGHT, ahead=AHEAD)
def test_years_charged_agree_with_a_list_of_them(bought: date, ahead: int) -> None:
    expires_on = bought + timedelta(days=ahead)
    of_year = [anniversary(bought, year, bought.month) for year in range(bought.year, expires_on.year + 1)]
    reached = [day for day in of_year if day <= expires_on]
    three_months_before = expires_on.month - 3
    year, month = (
        (expires_on.year, three_months_before)
        if three_months_before > 0
        else (expires_on.year - 1, three_months_before + 12)
    )

    more = reached[-1] < anniversary(expires_on, year, month)

    assert charged_years(bought, expires_on) == len(reached) - 1 + more


@given(bought=BOUGHT, ahead=AHEAD)
def test_waiting_never_makes_it_dearer(bought: date, ahead: int) -> None:
    expires_on = bought + timedelta(days=ahead + 1)
    tomorrow = bought + timedelta(days=1)

    for policy in ExtraSpacePolicy:
        now, later = (extra_space_charge(policy, day, expires_on, 1, GB_YEAR) for day in (bought, tomorrow))
        assert later.net_cents <= now.net_cents
