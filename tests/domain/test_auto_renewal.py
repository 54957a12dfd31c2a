"""The calendar of auto-renewal: announced, ordered, charged, tried again, and never too late."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from portal.domain.auto_renewal import CYCLE_MOVES, OPEN_CYCLES, CycleState, is_within, term_to_renew
from portal.domain.renewal_calendar import USUAL, RenewalCalendar

EXPIRY = date(2027, 3, 31)


def before(days: int) -> date:
    return EXPIRY - timedelta(days=days)


@pytest.mark.parametrize(
    ("days_left", "begins"),
    [
        (31, False),
        (30, True),
        (29, True),
        (15, True),
        (8, True),
        (7, True),
        (6, False),
        (0, False),
        (-1, False),
    ],
)
def test_a_cycle_begins_between_thirty_and_seven_days_before(days_left: int, begins: bool) -> None:
    assert USUAL.may_begin(before(days_left), EXPIRY) is begins


@pytest.mark.parametrize(
    ("days_left", "due"), [(16, False), (15, True), (14, True), (1, True), (0, True), (-1, False)]
)
def test_the_order_comes_fifteen_days_before_and_never_after(days_left: int, due: bool) -> None:
    assert USUAL.is_order_due(before(days_left), EXPIRY) is due


@pytest.mark.parametrize(
    ("days_left", "last_try", "due"),
    [
        (8, None, None),
        (7, None, 7),
        (6, None, 7),
        (6, 7, None),
        (5, 7, 5),
        (4, 5, None),
        (4, 7, 5),
        (4, None, 5),
        (3, 5, 3),
        (2, 3, None),
        (1, 3, 1),
        (1, None, 1),
        (0, None, 1),
        (0, 1, None),
        (-1, None, None),
        (-1, 3, None),
        (9, 7, None),
    ],
)
def test_tries_by_the_day(days_left: int, last_try: int | None, due: int | None) -> None:
    assert USUAL.due_try(before(days_left), EXPIRY, before(30), last_try) == due


@pytest.mark.parametrize(
    ("announced", "left"),
    [
        (30, [7, 5, 3, 1]),
        (10, [7, 5, 3, 1]),
        (9, [5, 3, 1]),
        (8, [5, 3, 1]),
        (7, [3, 1]),
        (5, [1]),
        (4, [1]),
        (3, []),
        (0, []),
    ],
)
def test_no_try_without_days_of_notice(announced: int, left: list[int]) -> None:
    assert USUAL.tries_left(EXPIRY, before(announced), None) == left
    assert all(announced - days >= USUAL.notice for days in left)


@pytest.mark.parametrize(("last_try", "following"), [(None, 7), (7, 5), (5, 3), (3, 1), (1, None)])
def test_the_next_try(last_try: int | None, following: int | None) -> None:
    expected = None if following is None else before(following)
    assert USUAL.next_try_on(EXPIRY, before(30), last_try) == expected


@pytest.mark.parametrize(
    ("days_left", "charged"),
    [(200, 7), (31, 7), (30, 7), (10, 7), (9, 5), (8, 5), (7, 3), (6, None), (-5, None)],
)
def test_the_first_charge_for_one_who_begins_today(days_left: int, charged: int | None) -> None:
    expected = None if charged is None else before(charged)
    assert USUAL.charge_on(before(days_left), EXPIRY) == expected


@pytest.mark.parametrize(("days_left", "announced"), [(90, 30), (30, 30), (12, 12)])
def test_the_announcement_is_a_month_before_or_at_once(days_left: int, announced: int) -> None:
    assert USUAL.begins_on(before(days_left), EXPIRY) == before(announced)


def test_whatever_days_are_missed_each_try_is_made_at_most_once_and_in_time() -> None:
    """Every subset of working days of the last week, the clock also going backwards by a day."""
    for pattern in range(1 << 9):
        working = [days for days in range(8, -1, -1) if pattern >> days & 1]
        last_try, made = None, []
        for days in [each for day in working for each in (day, day + 1)]:
            due = USUAL.due_try(before(days), EXPIRY, before(30), last_try)
            if due is not None:
                made.append(due)
                last_try = due
        assert made == sorted(set(made), reverse=True)
        assert set(made) <= set(USUAL.tries)


@pytest.mark.parametrize(
    ("last", "offered", "years"),
    [(3, (1, 2, 3), 3), (3, (1, 2), 1), (None, (1, 2), 1), (None, (3,), 3), (5, (2, 3), 2), (2, (), None)],
)
def test_the_term_is_the_last_one_if_it_is_still_sold(
    last: int | None, offered: tuple[int, ...], years: int | None
) -> None:
    assert term_to_renew(last, offered) == years


@pytest.mark.parametrize(
    ("amount", "maximum", "within"), [(610, None, True), (610, 610, True), (611, 610, False)]
)
def test_the_customers_own_maximum(amount: int, maximum: int | None, within: bool) -> None:
    assert is_within(amount, maximum) is within


def test_what_is_over_stays_over_but_for_money_by_hand() -> None:
    over = set(CycleState) - OPEN_CYCLES
    assert {(state, after) for state in over for after in CYCLE_MOVES[state]} == {
        (CycleState.FAILED, CycleState.DONE),
        (CycleState.FAILED, CycleState.SKIPPED),
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"announced": 10},
        {"ordered": 6},
        {"announced": 61},
        {"tries": ()},
        {"tries": (5, 7)},
        {"tries": (7, 7)},
        {"tries": (7, 0)},
        {"tries": (9, 7, 5, 3, 1)},
        {"notice": 0},
        {"notice": 24},
    ],
)
def test_days_that_contradict_each_other_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        RenewalCalendar(**fields)


def test_the_days_that_were_announced_hold_whatever_is_set_later() -> None:
    later = RenewalCalendar(announced=40, ordered=20, tries=(12, 6))

    assert later.promised("7 5 3 1").next_try_on(EXPIRY, before(30), None) == before(7)
    assert later.next_try_on(EXPIRY, before(30), None) == before(12)
