"""One batch of rows: what is done, retried, given up and handed back, whatever fails (R18, R19)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.ports import Rejected, Unavailable, Unreachable
from portal.store import outbox
from portal.store.outbox import Claim, OutboxRow, OutboxState
from portal.wiring import Services
from tests.conftest import Clock
from workers.job import LONGEST_PAUSE, MAX_ATTEMPTS, Fate, insist, pause_after, run

LEASE = timedelta(seconds=45)


class Chores:
    """Work without a world outside: each task is a number, and a test says which of them go wrong."""

    kind = "chore"
    queue = "chores"
    batch = 50

    def __init__(self) -> None:
        self.trouble: dict[int, Exception] = {}
        self.door: Exception | None = None
        self.begin_trouble: set[int] = set()
        self.asked: list[int] = []
        self.recorded: list[int] = []
        self.fates: list[tuple[int, Fate]] = []
        self.then: Callable[[int], None] = lambda number: None

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, int]:
        numbers = {claim.id: claim.payload["number"] for claim in claims}
        if self.begin_trouble & set(numbers.values()):
            raise RuntimeError("a bug at the beginning")
        return {row_id: number for row_id, number in numbers.items() if number != 99}

    @contextmanager
    def opened(self) -> Iterator[Callable[[int], str]]:
        if self.door:
            raise self.door
        yield self._ask

    def succeeded(self, session: Session, task: int, answer: str, *, now: datetime) -> None:
        self.recorded.append(task)

    def failed(
        self, session: Session, tasks: Sequence[int], fate: Fate, words: str, *, now: datetime
    ) -> None:
        self.fates += [(task, fate) for task in tasks]

    def _ask(self, number: int) -> str:
        self.asked.append(number)
        self.then(number)
        if number in self.trouble:
            raise self.trouble[number]
        return "done"


@pytest.fixture
def chores() -> Chores:
    return Chores()


def fill(services: Services, *numbers: int) -> list[int]:
    with services.transaction() as session:
        for number in numbers:
            payload = {"number": number}
            outbox.enqueue(session, "chore", f"chore:{number}", payload, now=services.now())
        return list(session.scalars(select(OutboxRow.id).order_by(OutboxRow.id)))


def work(services: Services, chores: Chores, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Do what relay and worker do with everything that is due; return how many batches there were."""
    now = services.now()
    with services.transaction() as session:
        batches = outbox.hand_over(session, "chore", now=now, until=now + LEASE, window=1000, size=50)
    for batch in batches:
        run(services, chores, batch, stopping=stopping)
    return len(batches)


def rows(services: Services) -> list[OutboxRow]:
    with services.reading() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def states(services: Services) -> list[OutboxState]:
    return [row.state for row in rows(services)]


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 30), (2, 60), (3, 120), (4, 240), (7, 1920), (8, 3600), (9, 3600), (10_000, 3600)],
)
def test_pauses_double_up_to_an_hour(attempts: int, seconds: int) -> None:
    assert pause_after(attempts, timedelta(seconds=30)) == timedelta(seconds=seconds) <= LONGEST_PAUSE


def test_each_row_is_done_and_recorded(services: Services, chores: Chores) -> None:
    fill(services, 1, 2, 3)

    work(services, chores)

    assert chores.asked == chores.recorded == [1, 2, 3]
    assert states(services) == [OutboxState.DONE] * 3


def test_a_row_that_needs_nothing_is_done_without_asking(services: Services, chores: Chores) -> None:
    fill(services, 99)

    work(services, chores)

    assert chores.asked == []
    assert states(services) == [OutboxState.DONE]


def test_rows_of_somebody_else_are_left_alone(services: Services, chores: Chores) -> None:
    ids = fill(services, 1)
    work(services, chores)

    run(services, chores, ids, stopping=lambda: False)

    assert chores.asked == [1]


def test_what_fails_for_now_is_tried_again_later(services: Services, chores: Chores, clock: Clock) -> None:
    fill(services, 1, 2)
    chores.trouble[1] = Unavailable("451 later")

    work(services, chores)

    first, second = rows(services)
    assert (first.state, first.last_error, first.attempts) == (OutboxState.WAITING, "451 later", 1)
    assert first.not_before == services.now() + timedelta(seconds=30)
    assert second.state is OutboxState.DONE
    assert chores.fates == [(1, Fate.LATER)]
    assert work(services, chores) == 0
    clock.forward(seconds=30)
    chores.trouble.clear()
    work(services, chores)
    assert states(services) == [OutboxState.DONE] * 2


def test_what_is_refused_is_given_up_at_once(services: Services, chores: Chores) -> None:
    fill(services, 1, 2)
    chores.trouble[1] = Rejected("550 no such user")

    work(services, chores)

    assert states(services) == [OutboxState.FAILED, OutboxState.DONE]
    assert chores.fates == [(1, Fate.REJECTED)]


def test_what_keeps_failing_is_given_up_after_all_attempts(
    services: Services, chores: Chores, clock: Clock
) -> None:
    fill(services, 1)
    chores.trouble[1] = Unavailable("451 later")

    while rows(services)[0].state is not OutboxState.FAILED:
        work(services, chores)
        clock.forward(hours=1)

    assert len(chores.asked) == MAX_ATTEMPTS
    assert chores.fates[-1] == (1, Fate.EXHAUSTED)


@pytest.mark.parametrize("late", [False, True])
def test_when_nobody_can_be_reached_no_row_pays_for_it(
    services: Services, chores: Chores, clock: Clock, late: bool
) -> None:
    fill(services, 1, 2, 3)
    if late:
        chores.trouble[2] = Unreachable("connection refused")
    else:
        chores.door = Unreachable("connection refused")

    work(services, chores)

    left = rows(services)[1 if late else 0 :]
    assert {(row.state, row.attempts) for row in left} == {(OutboxState.WAITING, 0)}
    assert {row.not_before for row in left} == {services.now() + timedelta(seconds=30)}
    assert {row.last_error for row in left} == {"connection refused"}
    clock.forward(seconds=30)
    chores.door = None
    chores.trouble.clear()
    work(services, chores)
    assert states(services) == [OutboxState.DONE] * 3


def test_a_bug_in_one_row_holds_up_no_other(services: Services, chores: Chores) -> None:
    fill(services, 1, 2, 3)
    chores.trouble[2] = ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        work(services, chores)
    work(services, chores)

    assert chores.recorded == [1, 3]
    assert states(services) == [OutboxState.DONE, OutboxState.CLAIMED, OutboxState.DONE]


@pytest.mark.parametrize("where", ["begin", "ask"])
def test_a_poisonous_row_ends_as_a_dead_letter_and_takes_no_other_with_it(
    services: Services, chores: Chores, clock: Clock, where: str
) -> None:
    fill(services, 1, 2, 3)
    if where == "begin":
        chores.begin_trouble.add(2)
    else:
        chores.trouble[2] = ZeroDivisionError("a bug")

    bugs = 0
    for _ in range(20):
        try:
            work(services, chores)
        except (ZeroDivisionError, RuntimeError):
            bugs += 1
        clock.forward(seconds=45)

    assert states(services) == [OutboxState.DONE, OutboxState.FAILED, OutboxState.DONE]
    assert sorted(chores.recorded) == [1, 3]
    assert MAX_ATTEMPTS <= bugs <= MAX_ATTEMPTS + 1


def test_a_worker_that_is_told_to_stop_finishes_its_row_and_hands_back_the_rest(
    services: Services, chores: Chores
) -> None:
    fill(services, 1, 2, 3)

    work(services, chores, stopping=lambda: len(chores.asked) == 1)

    assert chores.recorded == [1]
    assert [(row.state, row.attempts) for row in rows(services)] == [
        (OutboxState.DONE, 1),
        (OutboxState.WAITING, 0),
        (OutboxState.WAITING, 0),
    ]
    assert work(services, chores) == 1
    assert chores.recorded == [1, 2, 3]


def test_a_slow_batch_is_cut_before_its_lease_ends(services: Services, chores: Chores, clock: Clock) -> None:
    fill(services, 1, 2, 3)
    chores.then = lambda number: clock.forward(seconds=10)

    work(services, chores)

    assert chores.asked == [1, 2]
    assert states(services) == [OutboxState.DONE, OutboxState.DONE, OutboxState.WAITING]


def test_whoever_was_too_slow_does_not_spoil_the_next_worker(
    services: Services, chores: Chores, clock: Clock
) -> None:
    ids = fill(services, 1)

    def another_takes_over(number: int) -> None:
        now = clock.forward(seconds=46)
        with services.transaction() as session:
            outbox.hand_over(session, "chore", now=now, until=now + LEASE, window=1000, size=50)
            outbox.claim(session, ids, until=now + LEASE)

    chores.then = another_takes_over
    chores.trouble[1] = Unavailable("too late")
    work(services, chores)

    assert [(row.state, row.attempts) for row in rows(services)] == [(OutboxState.CLAIMED, 2)]
    assert chores.fates == []


def test_what_happened_is_recorded_even_if_the_database_was_away() -> None:
    """R14: a mail that the server took must not be sent again because PostgreSQL was restarted."""
    tries: list[int] = []

    def record() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("UPDATE", {}, ConnectionError("server closed the connection"))

    insist(record)

    assert len(tries) == 3


def test_what_cannot_be_recorded_at_all_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.job.RECORDING_PAUSES", (0.0, 0.0))
    failure = OperationalError("UPDATE", {}, ConnectionError("gone"))

    def record() -> Any:
        raise failure

    with pytest.raises(OperationalError):
        insist(record)
