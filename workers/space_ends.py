"""Rows `platform.space_end`: extra space that nobody paid goes; the mailbox stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.ports import Unavailable
from portal.store.outbox import Claim
from portal.usecases import extra_endings
from portal.usecases.extra_endings import EndTask
from portal.wiring import Services
from workers.job import Fate


class SpaceEndWork:
    """Extra space without credit: it goes, its mailbox stays. Source: domain.md 7.3."""

    kind = "platform.space_end"
    queue = "platform"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, EndTask]:
        ends = {claim.id: claim.payload["space_end_id"] for claim in claims}
        tasks = extra_endings.begin_ends(session, ends.values(), now=now)
        return {row_id: tasks[end_id] for row_id, end_id in ends.items() if end_id in tasks}

    def opened(self) -> AbstractContextManager[Callable[[EndTask], None]]:
        return nullcontext(self._apply)

    def succeeded(self, session: Session, task: EndTask, answer: None, *, now: datetime) -> None:
        extra_endings.complete_end(session, task.end_id, task.order, now=now)

    def failed(
        self, session: Session, tasks: Sequence[EndTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """It stays somebody's task until it is done."""

    def _apply(self, task: EndTask) -> None:
        if task.must_wait:
            raise Unavailable("the mailbox is being renewed or taken back just now")
        if task.order is not None:
            self._platform.apply(task.order)
