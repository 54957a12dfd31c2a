"""Payments: their moves, and whether slow money comes in time."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.payments import (
    REGISTRATION_TIMES,
    Arrival,
    BankCalendar,
    PaymentMethod,
    PaymentState,
    RegistrationTime,
    Verdict,
    add_working_days,
    arrival_warning,
    can_move_payment,
)

CARD, PAYPAL, TRANSFER, PREFILLED, SLIP, CREDIT = PaymentMethod
OK, LATE, TOO_LATE = Verdict
DAY = timedelta(days=1)
NO_HOLIDAYS: frozenset[date] = frozenset()
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2027, 1, 6)})

MOVES = {
    "initiated": "pending unknown failed succeeded unapplied",
    "pending": "unknown failed succeeded unapplied",
    "unknown": "failed succeeded unapplied",
    "failed": "succeeded unapplied",
    "succeeded": "",
    "instructions_sent": "registered unapplied",
    "registered": "",
    "unapplied": "",
}


@pytest.mark.parametrize(("before", "after"), list(product(PaymentState, PaymentState)))
def test_a_payment_moves_forward_only(before: PaymentState, after: PaymentState) -> None:
    assert can_move_payment(before, after) == (after in MOVES[before].split())


def test_no_way_leads_back_to_where_a_payment_was() -> None:
    reached = {
        state: {after for after in PaymentState if can_move_payment(state, after)} for state in PaymentState
    }
    for _ in PaymentState:
        reached = {state: after.union(*(reached[one] for one in after)) for state, after in reached.items()}

    assert all(state not in after for state, after in reached.items())


@pytest.mark.parametrize(
    ("method", "least", "most"),
    [(CARD, 0, 0), (PAYPAL, 0, 0), (TRANSFER, 1, 3), (PREFILLED, 1, 3), (SLIP, 5, 7), (CREDIT, 0, 0)],
)
def test_default_registration_times(method: PaymentMethod, least: int, most: int) -> None:
    assert REGISTRATION_TIMES[method] == RegistrationTime(least, most)


@pytest.mark.parametrize(
    ("day", "count", "holidays", "expected"),
    [
        (date(2026, 11, 24), 0, NO_HOLIDAYS, date(2026, 11, 24)),  # a Tuesday
        (date(2026, 11, 24), 1, NO_HOLIDAYS, date(2026, 11, 25)),
        (date(2026, 11, 24), 3, NO_HOLIDAYS, date(2026, 11, 27)),
        (date(2026, 11, 24), 4, NO_HOLIDAYS, date(2026, 11, 30)),
        (date(2026, 11, 28), 0, NO_HOLIDAYS, date(2026, 11, 28)),  # a card works on Saturdays
        (date(2026, 11, 28), 1, NO_HOLIDAYS, date(2026, 11, 30)),
        (date(2026, 12, 23), 3, CHRISTMAS, date(2026, 12, 29)),
        (date(2026, 12, 30), 3, CHRISTMAS, date(2027, 1, 5)),
        (date(2026, 12, 30), 4, CHRISTMAS, date(2027, 1, 7)),
    ],
)
def test_weekends_and_holidays_do_not_count(
    day: date, count: int, holidays: frozenset[date], expected: date
) -> None:
    assert add_working_days(day, count, holidays) == expected


@given(
    day=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    count=st.integers(1, 12),
    offsets=st.sets(st.integers(1, 40)),
)
def test_working_days_agree_with_a_list_of_them(day: date, count: int, offsets: set[int]) -> None:
    holidays = {day + DAY * offset for offset in offsets}
    ahead = [day + DAY * n for n in range(1, 120)]
    working = [one for one in ahead if one.isoweekday() <= 5 and one not in holidays]

    assert add_working_days(day, count, holidays) == working[count - 1]


@pytest.mark.parametrize(
    ("method", "today", "verdict"),
    [
        # Expiry Tuesday 1 December 2026, last day to renew Monday 1 March 2027.
        (TRANSFER, date(2026, 11, 26), OK),  # by 1 December
        (TRANSFER, date(2026, 11, 27), LATE),
        (TRANSFER, date(2027, 2, 23), LATE),  # by 26 February
        (TRANSFER, date(2027, 2, 24), TOO_LATE),  # by 1 March, the last day: nothing may go wrong
        (TRANSFER, date(2027, 2, 25), TOO_LATE),
        (TRANSFER, date(2027, 4, 1), TOO_LATE),
        (PREFILLED, date(2026, 11, 26), OK),
        (PREFILLED, date(2026, 11, 27), LATE),
        (SLIP, date(2026, 11, 20), OK),
        (SLIP, date(2026, 11, 21), OK),  # a Saturday
        (SLIP, date(2026, 11, 23), LATE),
        (SLIP, date(2027, 2, 17), LATE),
        (SLIP, date(2027, 2, 18), TOO_LATE),
        (CARD, date(2026, 12, 1), OK),
        (CARD, date(2026, 12, 2), OK),  # suspended, but not for longer by paying
        (CARD, date(2027, 3, 1), OK),
        (CARD, date(2027, 3, 2), TOO_LATE),
        (CREDIT, date(2027, 3, 1), OK),
        (PAYPAL, date(2027, 3, 2), TOO_LATE),
    ],
)
def test_the_arrival_is_compared_with_the_dates_of_the_mailbox(
    method: PaymentMethod, today: date, verdict: Verdict
) -> None:
    arrival = arrival_warning(method, today, date(2026, 12, 1), 90, BankCalendar())

    assert arrival.verdict is verdict


def test_the_arrival_is_a_range_of_days() -> None:
    arrival = arrival_warning(TRANSFER, date(2026, 12, 23), date(2027, 1, 31), 90, BankCalendar(CHRISTMAS))

    assert arrival == Arrival(date(2026, 12, 24), date(2026, 12, 29), OK)


def test_the_operator_may_know_other_times() -> None:
    times = {TRANSFER: RegistrationTime(2, 10)}

    arrival = arrival_warning(TRANSFER, date(2026, 11, 24), date(2026, 12, 1), 90, BankCalendar(times=times))

    assert arrival == Arrival(date(2026, 11, 26), date(2026, 12, 8), LATE)
