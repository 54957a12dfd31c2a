"""Months and years counted from an anchor, and the civil day in Rome."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.dates import add_months, add_years, day_bounds, rome_day

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def months_later_by_walking(anchor: date, months: int) -> date:
    """Count months by walking day by day and seeing them change: slow, and unlike the real thing."""
    step = DAY if months >= 0 else -DAY
    day, left = anchor, abs(months)
    while left:
        next_day = day + step
        left -= next_day.month != day.month
        day = next_day
    of_month = [day + DAY * n for n in range(-31, 32) if (day + DAY * n).month == day.month]
    same_month = [one for one in of_month if one.year == day.year]
    return max(one for one in same_month if one.day <= anchor.day)


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2025, 12, 1), -3, date(2025, 9, 1)),
        (date(2026, 2, 28), -3, date(2025, 11, 28)),
        (date(2026, 5, 31), -3, date(2026, 2, 28)),
        (date(2026, 11, 24), 3, date(2027, 2, 24)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
        (date(2099, 12, 31), 2, date(2100, 2, 28)),  # 2100 has no 29 February
    ],
)
def test_months_keep_the_day_or_end_the_month(anchor: date, months: int, expected: date) -> None:
    assert add_months(anchor, months) == expected


@pytest.mark.parametrize(
    ("anchor", "years", "expected"),
    [
        (date(2028, 2, 29), 1, date(2029, 2, 28)),
        (date(2028, 2, 29), 4, date(2032, 2, 29)),
        (date(2096, 2, 29), 4, date(2100, 2, 28)),
        (date(2026, 6, 29), 2, date(2028, 6, 29)),
        (date(2027, 2, 28), 1, date(2028, 2, 28)),
    ],
)
def test_years_end_on_28_february_where_there_is_no_29(anchor: date, years: int, expected: date) -> None:
    assert add_years(anchor, years) == expected


@given(DAYS, st.integers(-40, 60))
def test_months_agree_with_walking_the_calendar(anchor: date, months: int) -> None:
    assert add_months(anchor, months) == months_later_by_walking(anchor, months)


def utc_offset_by_rule(instant: datetime) -> timedelta:
    """Return Rome's offset by the directive: an hour more between the last Sundays of March and October."""

    def change(month: int) -> datetime:
        last = datetime(instant.year, month, 31, 1, tzinfo=UTC)
        return last - DAY * ((last.weekday() + 1) % 7)

    return 2 * HOUR if change(3) <= instant < change(10) else HOUR


def test_three_years_hour_by_hour_are_in_the_right_day() -> None:
    begin = datetime(2026, 11, 24, tzinfo=UTC)

    instants = [begin + HOUR * n for n in range(3 * 366 * 24)]

    assert all(rome_day(now) == (now + utc_offset_by_rule(now)).date() for now in instants)


@pytest.mark.parametrize(
    ("day", "begin", "hours"),
    [
        (date(2027, 3, 28), datetime(2027, 3, 27, 23, tzinfo=UTC), 23),
        (date(2027, 10, 31), datetime(2027, 10, 30, 22, tzinfo=UTC), 25),
        (date(2028, 2, 29), datetime(2028, 2, 28, 23, tzinfo=UTC), 24),
        (date(2026, 12, 31), datetime(2026, 12, 30, 23, tzinfo=UTC), 24),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, tzinfo=UTC), 24),
    ],
)
def test_a_day_begins_at_midnight_in_rome(day: date, begin: datetime, hours: int) -> None:
    start, end = day_bounds(day)

    assert (start, end - start) == (begin, HOUR * hours)


@given(DAYS)
def test_days_meet_without_gap_and_hold_their_instants(day: date) -> None:
    start, end = day_bounds(day)

    assert end == day_bounds(day + DAY)[0]
    assert rome_day(start) == rome_day(end - timedelta(microseconds=1)) == day
    assert rome_day(end) == day + DAY


def test_an_instant_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        rome_day(datetime(2026, 11, 24, 12))  # noqa: DTZ001 - the offence is the point
