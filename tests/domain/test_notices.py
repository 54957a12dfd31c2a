"""What is told on which day: every milestone of domain.md 12, and the latest alone after an outage."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.notices import (
    NoticeKind,
    Telling,
    how_to_tell,
    latest_due,
    milestones,
    quota_level,
    windows,
)

EXPIRY = date(2025, 12, 1)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
GRACES = st.sampled_from([0, 1, 30, 90])
EXPIRY_NOTICE, SUSPENDED, REMINDER, CANCELLED, *_ = NoticeKind


@pytest.mark.parametrize(
    ("day", "kind", "milestone"),
    [
        (date(2025, 9, 1), None, None),
        (date(2025, 9, 2), EXPIRY_NOTICE, -90),
        (date(2025, 10, 1), EXPIRY_NOTICE, -90),
        (date(2025, 10, 2), EXPIRY_NOTICE, -60),
        (date(2025, 11, 1), EXPIRY_NOTICE, -30),
        (date(2025, 11, 16), EXPIRY_NOTICE, -15),
        (date(2025, 11, 24), EXPIRY_NOTICE, -7),
        (date(2025, 11, 28), EXPIRY_NOTICE, -3),
        (date(2025, 11, 30), EXPIRY_NOTICE, -1),
        (date(2025, 12, 1), EXPIRY_NOTICE, 0),
        (date(2025, 12, 2), SUSPENDED, 1),
        (date(2025, 12, 30), SUSPENDED, 1),
        (date(2025, 12, 31), REMINDER, 30),
        (date(2026, 1, 30), REMINDER, 60),
        (date(2026, 2, 19), REMINDER, 80),
        (date(2026, 2, 26), REMINDER, 87),
        (date(2026, 3, 1), REMINDER, 87),
        (date(2026, 3, 2), CANCELLED, 91),
        (date(2030, 1, 1), CANCELLED, 91),
    ],
)
def test_each_day_has_its_latest_milestone(day: date, kind: NoticeKind | None, milestone: int | None) -> None:
    found = latest_due(day, EXPIRY, 90)

    assert (found.kind if found else None, found.day if found else None) == (kind, milestone)


def test_a_shorter_grace_has_fewer_reminders() -> None:
    days = [milestone.day for milestone in milestones(30) if milestone.day > 0]

    assert days == [1, 30, 31]


@given(DAYS, DAYS, GRACES)
def test_the_windows_say_what_the_day_says(day: date, expires_on: date, grace_days: int) -> None:
    inside = [
        window.milestone
        for window in windows(day, grace_days)
        if (window.first_expiry is None or window.first_expiry <= expires_on)
        and expires_on <= window.last_expiry
    ]

    assert inside == [found for found in [latest_due(day, expires_on, grace_days)] if found]


@given(DAYS, GRACES)
def test_whoever_looks_every_day_meets_every_milestone_once(expires_on: date, grace_days: int) -> None:
    met = [
        latest_due(expires_on + timedelta(days=offset), expires_on, grace_days) for offset in range(-100, 100)
    ]

    assert list(dict.fromkeys(found for found in met if found)) == list(milestones(grace_days))


@pytest.mark.parametrize(
    ("used", "level"),
    [(0, 0), (699, 0), (700, 70), (899, 70), (900, 90), (999, 90), (1000, 100), (2000, 100)],
)
def test_the_quota_levels(used: int, level: int) -> None:
    assert quota_level(used, 1000) == level


@pytest.mark.parametrize(
    ("count", "mails_today", "way"),
    [
        (1, 0, Telling.ONE_BY_ONE),
        (3, 0, Telling.ONE_BY_ONE),
        (4, 0, Telling.DIGEST),
        (400, 0, Telling.DIGEST),
        (3, 2, Telling.ONE_BY_ONE),
        (3, 3, Telling.DIGEST),
        (1, 4, Telling.ONE_BY_ONE),
        (1, 5, Telling.TOMORROW),
        (400, 5, Telling.TOMORROW),
    ],
)
def test_much_is_told_in_one_mail_and_never_too_many_a_day(
    count: int, mails_today: int, way: Telling
) -> None:
    assert how_to_tell(count, mails_today) is way
