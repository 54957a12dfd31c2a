"""Rows `order.progress`: some time after the payment, see whether the customer waits for news."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.outbox import Claim
from portal.usecases import fulfilment
from workers.job import Fate


class ProgressWork:
    """Nothing is asked of the world outside; the mail, if one is due, is a row of its own."""

    kind = "order.progress"
    queue = "platform"
    batch = 50

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, int]:
        return {claim.id: claim.payload["order_id"] for claim in claims}

    def opened(self) -> AbstractContextManager[Callable[[int], None]]:
        return nullcontext(lambda order_id: None)

    def succeeded(self, session: Session, task: int, answer: None, *, now: datetime) -> None:
        fulfilment.report_progress(session, task, now=now)

    def failed(
        self, session: Session, tasks: Sequence[int], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Nothing was begun."""
