"""Rows `platform.space`: more space for a mailbox in the middle of its term."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.ports import Unavailable
from portal.store.outbox import Claim
from portal.usecases import space_effects
from portal.usecases.space_effects import SpaceTask
from portal.wiring import Services
from workers.job import Fate


class SpaceWork:
    """Paid space: the mailbox gets it, its expiry stays. Source: domain.md 8.4."""

    kind = "platform.space"
    queue = "platform"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, SpaceTask]:
        purchases = {claim.id: claim.payload["space_purchase_id"] for claim in claims}
        tasks = space_effects.begin_space(session, purchases.values(), now=now)
        return {row_id: tasks[bought] for row_id, bought in purchases.items() if bought in tasks}

    def opened(self) -> AbstractContextManager[Callable[[SpaceTask], None]]:
        return nullcontext(self._apply)

    def succeeded(self, session: Session, task: SpaceTask, answer: None, *, now: datetime) -> None:
        if task.order is not None:
            space_effects.complete_space(session, task.purchase_id, task.order, now=now)
        else:
            space_effects.refuse_space(session, task.purchase_id, now=now)

    def failed(
        self, session: Session, tasks: Sequence[SpaceTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """What was paid stays somebody's task until it is done."""

    def _apply(self, task: SpaceTask) -> None:
        if task.must_wait:
            raise Unavailable("the mailbox is being renewed or taken back just now")
        if task.order is not None:
            self._platform.apply(task.order)
