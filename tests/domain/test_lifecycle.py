"""The state of a mailbox by its dates: every boundary of domain.md 4."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.lifecycle import (
    Capabilities,
    MailboxState,
    Timeline,
    cancelled_from,
    capabilities,
    days_left,
    is_expiring,
    last_day_to_renew,
    state_on,
    timeline,
)

PENDING, ACTIVE, SUSPENDED, CANCELLED = MailboxState
EXPIRY = date(2025, 12, 1)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "grace_days", "state"),
    [
        (date(2020, 1, 1), 90, ACTIVE),
        (date(2025, 11, 30), 90, ACTIVE),
        (date(2025, 12, 1), 90, ACTIVE),
        (date(2025, 12, 2), 90, SUSPENDED),
        (date(2026, 2, 28), 90, SUSPENDED),
        (date(2026, 3, 1), 90, SUSPENDED),
        (date(2026, 3, 2), 90, CANCELLED),
        (date(2030, 1, 1), 90, CANCELLED),
        (date(2025, 12, 31), 30, SUSPENDED),
        (date(2026, 1, 1), 30, CANCELLED),
        (date(2025, 12, 1), 0, ACTIVE),
        (date(2025, 12, 2), 0, CANCELLED),
    ],
)
def test_the_dates_decide_the_state(day: date, grace_days: int, state: MailboxState) -> None:
    assert state_on(day, EXPIRY, grace_days) is state


@pytest.mark.parametrize(
    ("day", "cancelled_on", "state"),
    [
        (date(2025, 6, 9), date(2025, 6, 10), ACTIVE),
        (date(2025, 6, 10), date(2025, 6, 10), CANCELLED),
        (date(2025, 12, 2), date(2025, 12, 3), SUSPENDED),
        (date(2025, 12, 3), date(2025, 12, 3), CANCELLED),
        (date(2026, 3, 2), date(2027, 1, 1), CANCELLED),  # a later termination does not revive it
    ],
)
def test_an_early_termination_cancels_from_its_day(
    day: date, cancelled_on: date, state: MailboxState
) -> None:
    assert state_on(day, EXPIRY, 90, cancelled_on) is state


@given(expires_on=DAYS, grace_days=st.integers(0, 120), offset=st.integers(-200, 400))
def test_the_state_agrees_with_counting_the_days(expires_on: date, grace_days: int, offset: int) -> None:
    calendar = dict.fromkeys(range(-200, 1), ACTIVE) | dict.fromkeys(range(1, grace_days + 1), SUSPENDED)

    state = state_on(date.fromordinal(expires_on.toordinal() + offset), expires_on, grace_days)

    assert state is calendar.get(offset, CANCELLED)


@pytest.mark.parametrize(
    ("day", "left", "expiring"),
    [
        (date(2025, 9, 1), 91, False),
        (date(2025, 9, 2), 90, True),
        (date(2025, 11, 30), 1, True),
        (date(2025, 12, 1), 0, True),
        (date(2025, 12, 2), -1, False),
    ],
)
def test_ninety_days_before_the_end_it_is_expiring(day: date, left: int, expiring: bool) -> None:
    assert (days_left(day, EXPIRY), is_expiring(day, EXPIRY)) == (left, expiring)


@pytest.mark.parametrize(
    ("cancelled_on", "expected"),
    [
        (None, (date(2025, 12, 2), date(2026, 3, 1), date(2026, 3, 2))),
        (date(2026, 1, 15), (date(2025, 12, 2), date(2026, 1, 14), date(2026, 1, 15))),
        (date(2025, 12, 2), (None, date(2025, 12, 1), date(2025, 12, 2))),
        (date(2025, 6, 10), (None, date(2025, 6, 9), date(2025, 6, 10))),
        (date(2026, 5, 1), (date(2025, 12, 2), date(2026, 3, 1), date(2026, 3, 2))),
    ],
)
def test_the_timeline_names_the_days_that_matter(
    cancelled_on: date | None, expected: tuple[date | None, date, date]
) -> None:
    suspended_from, last_day, gone_from = expected

    assert timeline(EXPIRY, 90, cancelled_on) == Timeline(EXPIRY, suspended_from, last_day, gone_from)
    assert last_day_to_renew(EXPIRY, 90, cancelled_on) == last_day
    assert cancelled_from(EXPIRY, 90, cancelled_on) == gone_from


@given(expires_on=DAYS, grace_days=st.integers(0, 120), cancel_after=st.none() | st.integers(-50, 200))
def test_the_timeline_and_the_states_tell_the_same_story(
    expires_on: date, grace_days: int, cancel_after: int | None
) -> None:
    cancelled_on = None if cancel_after is None else expires_on + timedelta(days=cancel_after)

    days = timeline(expires_on, grace_days, cancelled_on)

    assert state_on(days.cancelled_from, expires_on, grace_days, cancelled_on) is CANCELLED
    assert state_on(days.last_day_to_renew, expires_on, grace_days, cancelled_on) is not CANCELLED
    if days.suspended_from:
        assert state_on(days.suspended_from, expires_on, grace_days, cancelled_on) is SUSPENDED
    else:
        assert state_on(days.last_day_to_renew, expires_on, grace_days, cancelled_on) is ACTIVE


@pytest.mark.parametrize(
    ("state", "works"),
    [
        (PENDING, (False, False, False)),
        (ACTIVE, (True, True, True)),
        (SUSPENDED, (True, False, False)),
        (CANCELLED, (False, False, False)),
    ],
)
def test_what_works_in_each_state(state: MailboxState, works: tuple[bool, bool, bool]) -> None:
    assert capabilities(state) == Capabilities(*works)


@pytest.mark.parametrize("state", MailboxState)
def test_a_product_decides_what_works_in_suspension_alone(state: MailboxState) -> None:
    receiving = Capabilities(can_read=True, can_send=False, can_receive=True)

    changed = capabilities(state, receiving) != capabilities(state)

    assert changed == (state is SUSPENDED)
