"""The clock's turns: one each, whoever asks, whatever the hour does (R20, R21)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.store import clock_slots, outbox
from portal.store.clock_slots import ClockSlot
from portal.wiring import Services
from tests.conftest import Clock as StoppedClock
from workers.clock import Clock, Job, latest_turn


class Diary:
    """A job that notes the days it was done for, in two pieces."""

    def __init__(self) -> None:
        self.days: list[date] = []

    def piece(self, _session: Session, cursor: Any, *, today: date, now: datetime) -> tuple[int, Any]:
        self.days.append(today)
        return 1, None if cursor else "second"


@pytest.mark.parametrize(
    ("cron", "now", "turn"),
    [
        ("0 * * * *", "2026-11-24T09:00:00", "2026-11-24T09:00:00"),
        ("0 * * * *", "2026-11-24T09:59:59", "2026-11-24T09:00:00"),
        ("10 * * * *", "2026-11-24T09:09:59", "2026-11-24T08:10:00"),
        ("0 8 * * *", "2026-11-24T06:59:59", "2026-11-23T07:00:00"),
        ("0 8 * * *", "2026-11-24T07:00:00", "2026-11-24T07:00:00"),
        ("5 * * * *", "2027-03-28T01:05:00", "2027-03-28T01:05:00"),  # 02:05 in Rome does not exist
        ("5 * * * *", "2027-03-28T01:04:59", "2027-03-28T00:05:00"),
        ("5 * * * *", "2027-10-31T00:05:00", "2027-10-31T00:05:00"),  # 02:05 in Rome, twice
        ("5 * * * *", "2027-10-31T01:05:00", "2027-10-31T01:05:00"),
    ],
)
def test_the_latest_turn(cron: str, now: str, turn: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert latest_turn(cron, at) == datetime.fromisoformat(turn).replace(tzinfo=UTC)


def test_a_turn_is_taken_once_and_the_next_again(services: Services, clock: StoppedClock) -> None:
    diary = Diary()
    runs = [Clock(services, [Job("diary", "0 * * * *", diary.piece)]) for _ in range(2)]

    done = [run.once() for run in runs]
    clock.forward(hours=5)
    done += [run.once() for run in runs]

    assert done == [{"diary": 2}, {}, {"diary": 2}, {}]
    with services.reading() as session:
        assert all(session.scalars(select(ClockSlot.finished_at)))


def test_of_many_clocks_at_once_one_works(services: Services) -> None:
    diary = Diary()
    job = Job("diary", "0 * * * *", diary.piece)

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: Clock(services, [job]).once(), range(8)))

    assert sorted(map(len, done)) == [0] * 7 + [1]
    assert len(diary.days) == 2


def test_a_turn_is_given_back_when_the_database_goes_away(services: Services) -> None:
    diary = Diary()

    def away(*_arguments: Any, **_options: Any) -> tuple[int, Any]:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    job = Job("diary", "0 * * * *", away)
    with pytest.raises(OperationalError):
        Clock(services, [job]).once()

    assert Clock(services, [replace(job, piece=diary.piece)]).once() == {"diary": 2}


def test_what_was_done_before_the_database_went_away_is_not_done_again(services: Services) -> None:
    """It goes in the middle of a tick, between two pieces; the next turn goes on from what is committed."""
    told: list[str] = []

    def piece(session: Session, cursor: Any, *, today: date, now: datetime) -> tuple[int, Any]:
        key = cursor or "first"
        is_new = outbox.enqueue(session, "mail.send", key, {}, now=now)
        told.extend([key] if is_new else [])
        return int(is_new), None if key == "second" else "second"

    def away_once(session: Session, cursor: Any, *, today: date, now: datetime) -> tuple[int, Any]:
        if cursor and not told[1:]:
            told.append("the database went away")
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        return piece(session, cursor, today=today, now=now)

    clock = Clock(services, [Job("diary", "0 * * * *", away_once)])
    with pytest.raises(OperationalError):
        clock.once()
    done = clock.once()

    assert told == ["first", "the database went away", "second"]
    assert done == {"diary": 1}


def test_the_turn_of_a_clock_that_died_over_it_is_taken_again_after_a_while(
    services: Services, clock: StoppedClock
) -> None:
    """Otherwise what has one turn a day would be a day late."""
    diary = Diary()
    job = Job("diary", "0 8 * * *", diary.piece)
    with services.transaction() as session:
        assert clock_slots.take(session, "diary", latest_turn(job.cron, clock()), now=clock())

    done = [Clock(services, [job]).once()]
    clock.forward(minutes=16)
    done += [Clock(services, [job]).once() for _ in range(2)]

    assert done == [{}, {"diary": 2}, {}]


@pytest.mark.parametrize("minutes", [-120, -1, 0])
def test_r22_a_clock_that_jumps_back_does_nothing_again(
    services: Services, clock: StoppedClock, minutes: int
) -> None:
    diary = Diary()
    jobs = [Job("diary", "0 * * * *", diary.piece)]
    for _ in range(3):
        Clock(services, jobs).once()
        clock.forward(hours=1)
    clock.forward(hours=-1)

    clock.forward(minutes=minutes)

    assert Clock(services, jobs).once() == {}
