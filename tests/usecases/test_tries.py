"""Tries of a name, counted before they are judged, in the database (S13, S14)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from portal.store.failures import locked_failures
from portal.usecases import tries
from portal.wiring import Services
from tests.conftest import Clock

KEY = "name:0123"


def fail(services: Services, key: str = KEY) -> timedelta:
    with services.transaction() as session:
        return tries.begin_try(session, key, now=services.now())


def count(services: Services) -> int:
    with services.transaction() as session:
        return locked_failures(session, KEY, services.now()).count


def test_the_tenth_failure_closes_and_each_further_one_for_longer(services: Services, clock: Clock) -> None:
    assert [fail(services) for _ in range(10)] == [timedelta(0)] * 10
    waits = []
    for _ in range(3):
        waits.append(fail(services))
        clock.forward(seconds=waits[-1].total_seconds())
        fail(services)

    assert waits == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]


def test_what_is_refused_is_not_counted(services: Services) -> None:
    for _ in range(10):
        fail(services)

    assert {fail(services) for _ in range(5)} == {timedelta(minutes=2)}
    assert count(services) == 10


def test_a_success_takes_back_itself_alone(services: Services) -> None:
    for _ in range(9):
        fail(services)
    fail(services)
    with services.transaction() as session:
        tries.take_back(session, KEY, now=services.now())

    assert count(services) == 9
    assert fail(services) == timedelta(0), "it had closed nothing"


def test_a_day_without_failures_forgets_them(services: Services, clock: Clock) -> None:
    for _ in range(9):
        fail(services)
    clock.forward(hours=24)
    fail(services)

    assert count(services) == 1


def test_recovery_forgets_them_at_once(services: Services) -> None:
    for _ in range(10):
        fail(services)
    with services.transaction() as session:
        tries.open_again(session, KEY)

    assert fail(services) == timedelta(0)


def at_once(services: Services, *, counted_first: bool) -> int:
    """Try from eight threads at once; return as how many tries they count.

    Not counted first, as if each read the count and wrote it back after its check: the negative control.
    """
    start = threading.Barrier(8)

    def one() -> None:
        if counted_first:
            start.wait()
            fail(services)
            return
        before = 0
        start.wait()
        with services.transaction() as session:
            locked_failures(session, KEY, services.now()).count = before + 1

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count(services)


def test_tries_at_once_are_many(services: Services) -> None:
    assert at_once(services, counted_first=True) == 8


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_counting_first_they_would_be_one(services: Services) -> None:
    assert at_once(services, counted_first=False) == 1
