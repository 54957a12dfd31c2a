"""The demo's calendar begins on a chosen day, goes forward only, and starting afresh forgets it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from portal.cli.demo_data import clear
from portal.demo.calendar import DemoClock
from portal.domain.dates import rome_day
from tests.conftest import Clock
from tests.factories import TODAY


@pytest.mark.parametrize("day", [date(2012, 6, 1), TODAY, TODAY + timedelta(days=400)])
def test_a_demo_begins_on_any_day_at_the_real_hour(tmp_path: Path, clock: Clock, day: date) -> None:
    calendar = DemoClock(tmp_path, clock)

    calendar.begin_on(day)

    assert rome_day(calendar()) == day
    assert calendar().minute == clock().minute


def test_from_there_it_goes_forward_only(tmp_path: Path, clock: Clock) -> None:
    calendar = DemoClock(tmp_path, clock)
    calendar.begin_on(date(2012, 6, 1))

    calendar.move_to(date(2012, 6, 9))

    assert rome_day(calendar()) == date(2012, 6, 9)
    with pytest.raises(ValueError, match="forward"):
        calendar.move_to(date(2012, 6, 8))


def test_starting_afresh_is_today_again(tmp_path: Path, clock: Clock) -> None:
    DemoClock(tmp_path, clock).begin_on(date(2012, 6, 1))

    clear(tmp_path)

    assert rome_day(DemoClock(tmp_path, clock)()) == TODAY
