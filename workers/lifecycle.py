"""Rows `platform.suspend`, `platform.cancel`, `platform.restore`: the platform hears of a term's end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.ports import Unavailable
from portal.store.outbox import Claim
from portal.usecases import lifecycle
from portal.usecases.lifecycle import StepAsked, StepTask
from portal.wiring import Services
from workers.job import Fate


class SuspendWork:
    """Mailboxes whose term ended yesterday or, after an outage, before."""

    kind = "platform.suspend"
    queue = "platform"
    batch = 50

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, StepTask]:
        asked = steps(claims)
        return by_row(asked, lifecycle.begin_suspensions(session, asked.values(), now=now))

    def opened(self) -> AbstractContextManager[Callable[[StepTask], None]]:
        return nullcontext(lambda task: self._platform.suspend(task.key, task.address))

    def succeeded(self, session: Session, task: StepTask, answer: None, *, now: datetime) -> None:
        lifecycle.complete_suspension(session, task, now=now)

    def failed(
        self, session: Session, tasks: Sequence[StepTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Nothing was marked: by its dates the mailbox is suspended, whatever the platform lets it do."""


class CancelWork:
    """Mailboxes that nobody renewed, gone for good once the decision is committed."""

    kind = "platform.cancel"
    queue = "platform"
    batch = 50

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, StepTask]:
        asked = steps(claims)
        return by_row(asked, lifecycle.begin_cancellations(session, asked.values(), now=now))

    def opened(self) -> AbstractContextManager[Callable[[StepTask], None]]:
        return nullcontext(self._cancel)

    def succeeded(self, session: Session, task: StepTask, answer: None, *, now: datetime) -> None:
        """The decision was recorded before the platform was told."""

    def failed(
        self, session: Session, tasks: Sequence[StepTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """The decision stays, and the row is an operator's to send again."""

    def _cancel(self, task: StepTask) -> None:
        if task.must_wait:
            raise Unavailable("a renewal that was paid is still under way")
        self._platform.cancel(task.key, task.address)


@dataclass(frozen=True, slots=True)
class RestoreTask:
    """A mailbox that was suspended although it had been renewed."""

    key: str
    address: str


class RestoreWork:
    """The other way round: suspended in the same moment in which it was renewed."""

    kind = "platform.restore"
    queue = "platform"
    batch = 50

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, RestoreTask]:
        wanted = {claim.id: claim.payload["mailbox_id"] for claim in claims}
        found = lifecycle.address_to_restore(session, wanted.values(), now=now)
        keys = {claim.id: claim.payload["key"] for claim in claims}
        return {row: RestoreTask(keys[row], found[box]) for row, box in wanted.items() if box in found}

    def opened(self) -> AbstractContextManager[Callable[[RestoreTask], None]]:
        return nullcontext(lambda task: self._platform.restore(task.key, task.address))

    def succeeded(self, session: Session, task: RestoreTask, answer: None, *, now: datetime) -> None:
        """There is nothing more to record."""

    def failed(
        self, session: Session, tasks: Sequence[RestoreTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Nothing was marked."""


def steps(claims: Sequence[Claim]) -> dict[int, StepAsked]:
    """Return what each outbox row asks for."""
    return {
        claim.id: StepAsked(claim.payload["mailbox_id"], date.fromisoformat(claim.payload["expires_on"]))
        for claim in claims
    }


def by_row(asked: dict[int, StepAsked], tasks: dict[StepAsked, StepTask]) -> dict[int, StepTask]:
    """Return the tasks by outbox row instead of by what they ask."""
    return {row_id: tasks[step] for row_id, step in asked.items() if step in tasks}
