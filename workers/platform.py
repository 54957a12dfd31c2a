"""Rows `platform.renew`, `platform.change` and `platform.withdraw`: what a mailbox becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.ports import Unavailable
from portal.store.outbox import Claim
from portal.usecases import fulfilment, scheduled_changes, withdrawal_effects
from portal.usecases.line_tasks import LineTask
from portal.wiring import Services
from workers.job import Fate


class RenewWork:
    """Paid lines: each mailbox gets its term, its plan and its space. Source: domain.md 3.4, 5."""

    kind = "platform.renew"
    queue = "platform"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, LineTask]:
        return by_row(claims, fulfilment.begin_renewals(session, line_ids(claims), now=now))

    def opened(self) -> AbstractContextManager[Callable[[LineTask], None]]:
        return nullcontext(self._apply)

    def succeeded(self, session: Session, task: LineTask, answer: None, *, now: datetime) -> None:
        if task.order is not None:
            fulfilment.complete_renewal(session, task.line_id, task.order, now=now)
        elif task.refusal is not None:
            fulfilment.refuse_renewal(session, task.line_id, task.refusal, now=now)

    def failed(
        self, session: Session, tasks: Sequence[LineTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Leave the lines open whatever their fate: what was paid stays somebody's task until it is done."""
        fulfilment.put_off_renewals(session, [task.line_id for task in tasks])

    def _apply(self, task: LineTask) -> None:
        if task.must_wait:
            raise Unavailable("a withdrawal or more space for this mailbox is still under way")
        if task.order is not None:
            self._platform.apply(task.order)
            if task.restores:
                self._platform.restore(f"restore:{task.order.key}", task.order.address)


class ChangeWork:
    """Smaller plans whose day has come."""

    kind = "platform.change"
    queue = "platform"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, LineTask]:
        return by_row(claims, scheduled_changes.begin_changes(session, line_ids(claims), now=now))

    def opened(self) -> AbstractContextManager[Callable[[LineTask], None]]:
        return nullcontext(self._apply)

    def succeeded(self, session: Session, task: LineTask, answer: None, *, now: datetime) -> None:
        if task.order is not None:
            scheduled_changes.complete_change(session, task.line_id, task.order, now=now)
        else:
            scheduled_changes.refuse_change(session, task.line_id, now=now)

    def failed(
        self, session: Session, tasks: Sequence[LineTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Nothing was marked, so nothing is to be taken back: the mailbox keeps its bigger plan."""

    def _apply(self, task: LineTask) -> None:
        if task.order is not None:
            self._platform.apply(task.order)


class WithdrawWork:
    """Renewals that the customer has withdrawn from: each mailbox goes back. Source: domain.md 10."""

    kind = "platform.withdraw"
    queue = "platform"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._platform = services.platform

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, LineTask]:
        return by_row(claims, withdrawal_effects.begin_withdrawals(session, line_ids(claims), now=now))

    def opened(self) -> AbstractContextManager[Callable[[LineTask], None]]:
        return nullcontext(self._apply)

    def succeeded(self, session: Session, task: LineTask, answer: None, *, now: datetime) -> None:
        withdrawal_effects.complete_withdrawal(session, task.line_id, now=now)

    def failed(
        self, session: Session, tasks: Sequence[LineTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """The lines stay as they are, being taken back: somebody's task until it is done."""

    def _apply(self, task: LineTask) -> None:
        if task.must_wait:
            raise Unavailable("a renewal or a change of the same mailbox is still under way")
        if task.order is not None:
            self._platform.apply(task.order)
            if task.suspends:
                self._platform.suspend(f"suspend:{task.order.key}", task.order.address)


def line_ids(claims: Sequence[Claim]) -> list[int]:
    return [claim.payload["order_line_id"] for claim in claims]


def by_row(claims: Sequence[Claim], tasks: dict[int, LineTask]) -> dict[int, LineTask]:
    """Return the tasks by outbox row instead of by order line."""
    lines = {claim.id: claim.payload["order_line_id"] for claim in claims}
    return {row_id: tasks[line_id] for row_id, line_id in lines.items() if line_id in tasks}
