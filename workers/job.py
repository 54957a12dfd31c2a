"""One batch of outbox rows: claim them, ask the world outside once a row, record each outcome at once.

Dying at any line is harmless: what was recorded stays, what was not comes back when its lease ends. A bug in
one row ends the batch; the rows behind it are handed back at once, while the row itself has cost an attempt
and comes back alone. Source: hardening.md 3.2, R08-R12, R19.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from portal.ports import OutsideFailure, Rejected, Unreachable
from portal.store import outbox
from portal.store.outbox import Claim
from portal.usecases import history
from portal.wiring import Services

MAX_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
RECORDING_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries to record what happened outside while the database is away."""

log = logging.getLogger(__name__)
Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Fate(StrEnum):
    """What becomes of a row that is not done."""

    LATER = "later"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"


class Work(Protocol[Task, Answer]):
    """What one kind of row means. Nothing here but `opened` and what it gives may touch the network."""

    kind: str
    queue: str
    batch: int

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> Mapping[int, Task]:
        """Return by row id what is to be done; a row that is left out needs nothing any more."""
        ...

    def opened(self) -> AbstractContextManager[Callable[[Task], Answer]]:
        """Open the way outside for a batch and give what does one task. Raises Unreachable.

        What it gives raises Unavailable, Unreachable or Rejected.
        """
        ...

    def succeeded(self, session: Session, task: Task, answer: Answer, *, now: datetime) -> None:
        """Record that a task was done; again is harmless."""
        ...

    def failed(
        self, session: Session, tasks: Sequence[Task], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Record that tasks were not done, and what becomes of them."""
        ...


def pause_after(attempts: int, first: timedelta) -> timedelta:
    """Return how long to wait after so many attempts: the first pause, doubled each time, an hour at most."""
    doublings = min(attempts - 1, 20)
    return min(first * (1 << doublings), LONGEST_PAUSE)


def run(
    services: Services, work: Work[Task, Answer], ids: Sequence[int], *, stopping: Callable[[], bool]
) -> None:
    """Do what can be done of the rows in a third of their lease; hand the rest back."""
    now = services.now()
    lease = timedelta(seconds=services.settings.outbox_lease_seconds)
    with services.transaction() as session:
        claims = outbox.claim(session, ids, until=now + lease)
    for claim in claims:
        if claim.attempts > MAX_ATTEMPTS:
            _bury(services, work, claim)
    living = [claim for claim in claims if claim.attempts <= MAX_ATTEMPTS]
    if living:
        with services.transaction() as session:
            tasks = work.begin(session, living, now=now)
        batch = _Batch(services, work, tasks)
        batch.work_through(deque(living), lambda: stopping() or services.now() >= now + lease / 3)


def _bury(services: Services, work: Work[Task, Answer], claim: Claim) -> None:
    """Give up a row whose workers never lived to record what came of it.

    First the row, by itself: should the work even be unable to begin, the row must not come back.
    """
    words = f"{MAX_ATTEMPTS} attempts ended without a result"
    log.error("%s: row %d given up: %s", work.kind, claim.id, words)
    now = services.now()
    with services.transaction() as session:
        outbox.give_up(session, claim, words, now=now)
    with services.transaction() as session:
        tasks = work.begin(session, [claim], now=now)
        work.failed(session, [*tasks.values()], Fate.EXHAUSTED, words, now=now)


class _Batch(Generic[Task, Answer]):
    """The rows of one claim, what is to be done for each, and what was not done yet."""

    def __init__(self, services: Services, work: Work[Task, Answer], tasks: Mapping[int, Task]) -> None:
        self._services = services
        self._work = work
        self._tasks = tasks

    def work_through(self, left: deque[Claim], is_over: Callable[[], bool]) -> None:
        """Do row after row until none is left or it is over; hand back what was not begun."""
        due, words = self._services.now(), ""
        try:
            with self._work.opened() as ask:
                while left and not is_over():
                    self._do(left, ask)
        except Unreachable as failure:
            due = self._services.now() + self._first_pause
            words = str(failure)
            log.warning("%s: unreachable, %d rows later: %s", self._work.kind, len(left), failure)
        finally:
            if left:
                self._hand_back([*left], due, words)

    @property
    def _first_pause(self) -> timedelta:
        return timedelta(seconds=self._services.settings.outbox_retry_seconds)

    def _do(self, left: deque[Claim], ask: Callable[[Task], Answer]) -> None:
        claim = left.popleft()
        with history.within(claim.request_id), bound_contextvars(request_id=claim.request_id):
            self._do_one(claim, left, ask)

    def _do_one(self, claim: Claim, left: deque[Claim], ask: Callable[[Task], Answer]) -> None:
        if claim.id not in self._tasks:
            insist(lambda: self._record_nothing(claim))
            return
        task = self._tasks[claim.id]
        try:
            answer = ask(task)
        except Unreachable:
            left.appendleft(claim)
            raise
        except OutsideFailure as failure:
            words, rejected = str(failure), isinstance(failure, Rejected)
            insist(lambda: self._record_failure(claim, task, words, rejected=rejected))
        else:
            insist(lambda: self._record_success(claim, task, answer))

    def _record_nothing(self, claim: Claim) -> None:
        with self._services.transaction() as session:
            outbox.finish(session, claim, now=self._services.now())

    def _record_success(self, claim: Claim, task: Task, answer: Answer) -> None:
        now = self._services.now()
        with self._services.transaction() as session:
            self._work.succeeded(session, task, answer, now=now)
            outbox.finish(session, claim, now=now)

    def _record_failure(self, claim: Claim, task: Task, words: str, *, rejected: bool) -> None:
        if rejected or claim.attempts >= MAX_ATTEMPTS:
            self._give_up(claim, task, Fate.REJECTED if rejected else Fate.EXHAUSTED, words)
            return
        now = self._services.now()
        until = now + pause_after(claim.attempts, self._first_pause)
        with self._services.transaction() as session:
            if outbox.put_off(session, claim, words, until=until):
                self._work.failed(session, [task], Fate.LATER, words, now=now)

    def _give_up(self, claim: Claim, task: Task, fate: Fate, words: str) -> None:
        log.error("%s: row %d given up (%s): %s", self._work.kind, claim.id, fate, words)
        now = self._services.now()
        with self._services.transaction() as session:
            if outbox.give_up(session, claim, words, now=now):
                self._work.failed(session, [task], fate, words, now=now)

    def _hand_back(self, claims: Sequence[Claim], due: datetime, words: str) -> None:
        tasks = [self._tasks[claim.id] for claim in claims if claim.id in self._tasks]
        with self._services.transaction() as session:
            self._work.failed(session, tasks, Fate.LATER, words, now=self._services.now())
            outbox.hand_back(session, claims, until=due, words=words)


def insist(record: Callable[[], None]) -> None:
    """Record what has happened outside, even if the database is away for some seconds (R14).

    The act is repeated as a whole; a commit whose answer was lost is done twice, which is harmless.
    """
    for pause in RECORDING_PAUSES:
        try:
            return record()
        except (OperationalError, InterfaceError) as failure:
            log.warning("cannot record yet: %s", failure)
            time.sleep(pause)
    return record()
