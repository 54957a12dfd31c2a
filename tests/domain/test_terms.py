"""Terms: until when a renewal lasts, and which can be bought."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.domain.terms import DEFAULT_TERMS, new_expiry, offered_terms, renewal_period

EXPIRIES = st.dates(date(2000, 1, 1), date(2090, 12, 31))
LEAP_DAY = date(2028, 2, 29)
DAY = timedelta(days=1)


def years_later_by_counting(day: date, years: int) -> date:
    """Add the lengths of the years one by one, to the day before 1 March where 29 February is missing."""
    if (day.month, day.day) == (2, 29):
        return years_later_by_counting(day + DAY, years) - DAY
    later = day
    for _ in range(years):
        after_february = later.replace(day=1) >= date(later.year, 3, 1)
        year = later.year + after_february
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        later += timedelta(days=366 if is_leap else 365)
    return later


@pytest.mark.parametrize(
    ("expires_on", "years", "expected"),
    [
        (date(2026, 6, 29), 2, date(2028, 6, 29)),  # renewed early, 10/04/2026. Source: domain.md 8.7
        (date(2026, 6, 29), 1, date(2027, 6, 29)),  # renewed in suspension, 01/08/2026. Source: domain.md 8.7
        (date(2026, 12, 31), 1, date(2027, 12, 31)),
        (LEAP_DAY, 1, date(2029, 2, 28)),
        (LEAP_DAY, 4, date(2032, 2, 29)),
        (date(2027, 2, 28), 1, date(2028, 2, 28)),
        (date(2096, 2, 29), 4, date(2100, 2, 28)),
    ],
)
def test_the_new_expiry_counts_from_the_old_one(expires_on: date, years: int, expected: date) -> None:
    assert new_expiry(expires_on, years) == expected


@given(EXPIRIES, st.integers(1, 10))
@example(LEAP_DAY, 1)
def test_the_new_expiry_agrees_with_counting_days(expires_on: date, years: int) -> None:
    assert new_expiry(expires_on, years) == years_later_by_counting(expires_on, years)


@given(EXPIRIES, st.lists(st.integers(1, 5), min_size=1, max_size=6))
@example(LEAP_DAY, [1, 1, 1, 1])
@example(LEAP_DAY, [3, 1])
@example(date(2096, 2, 29), [1] * 8)
def test_several_renewals_end_where_one_of_all_their_years_does(anchor: date, terms: list[int]) -> None:
    expires_on = anchor
    for years in terms:
        expires_on = new_expiry(expires_on, years, anchor)

    assert expires_on == new_expiry(anchor, sum(terms))


@given(EXPIRIES, st.lists(st.integers(1, 5), min_size=1, max_size=6))
@example(LEAP_DAY, [1, 1, 1, 1])
def test_without_an_anchor_only_29_february_is_forgotten(start: date, terms: list[int]) -> None:
    expires_on = start
    for years in terms:
        expires_on = new_expiry(expires_on, years)

    lost = new_expiry(start, sum(terms)) - expires_on
    assert lost in {timedelta(0), DAY if (start.month, start.day) == (2, 29) else timedelta(0)}


@given(EXPIRIES, EXPIRIES, st.integers(1, 5))
def test_an_anchor_that_does_not_lead_here_changes_nothing(expires_on: date, other: date, years: int) -> None:
    leads_here = (
        other.year <= expires_on.year
        and years_later_by_counting(other, expires_on.year - other.year) == expires_on
    )

    assert leads_here or new_expiry(expires_on, years, other) == new_expiry(expires_on, years)


@given(EXPIRIES, st.integers(1, 5))
@example(LEAP_DAY, 1)
def test_a_term_is_never_shorter_than_bought(expires_on: date, years: int) -> None:
    first, last = renewal_period(expires_on, years)

    assert (last - first + DAY).days >= 365 * years
    assert last < new_expiry(expires_on, years + 1)


@given(EXPIRIES, st.integers(1, 5), st.integers(1, 5))
def test_terms_meet_without_gap_or_shared_day(expires_on: date, years: int, more: int) -> None:
    first, last = renewal_period(expires_on, years)

    assert first == expires_on + DAY
    assert renewal_period(last, more)[0] == last + DAY


@pytest.mark.parametrize("years", [0, -1])
def test_no_years_are_no_term(years: int) -> None:
    with pytest.raises(ValueError, match="term"):
        new_expiry(date(2026, 6, 29), years)


@pytest.mark.parametrize(
    ("terms", "offered"),
    [
        ([], (1, 2, 3, 4, 5)),
        ([DEFAULT_TERMS], (1, 2, 3, 4, 5)),
        ([{1, 2}], (1, 2)),
        ([{3}], (3,)),
        ([DEFAULT_TERMS, {1, 2}], (1, 2)),
        ([{2, 1}, {2, 3}], (2,)),
        ([{1}, {3}], ()),
        ([range(1, 11)], tuple(range(1, 11))),
    ],
)
def test_only_terms_that_every_price_permits_are_offered(
    terms: list[set[int]], offered: tuple[int, ...]
) -> None:
    assert offered_terms(terms) == offered
