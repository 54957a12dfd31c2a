"""Rows that only look at the right time whether a customer is to be told something.

`order.progress`: some time after the payment; `change.notice`: a week before a mailbox becomes smaller;
`change.done`: when others of its order keep it waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from portal.store.outbox import Claim
from portal.usecases import fulfilment, scheduled_changes
from workers.job import Fate


class Tell(Protocol):
    """Writes the mail about an order or a line, should one be due."""

    def __call__(self, session: Session, about: int, /, *, now: datetime) -> None: ...


class NoticeWork:
    """Nothing is asked of the world outside; the mail, if one is due, is a row of its own."""

    queue = "platform"
    batch = 50

    def __init__(self, kind: str, about: str, tell: Tell) -> None:
        self.kind = kind
        self._about = about
        self._tell = tell

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, int]:
        return {claim.id: claim.payload[self._about] for claim in claims}

    def opened(self) -> AbstractContextManager[Callable[[int], None]]:
        return nullcontext(lambda about: None)

    def succeeded(self, session: Session, task: int, answer: None, *, now: datetime) -> None:
        self._tell(session, task, now=now)

    def failed(
        self, session: Session, tasks: Sequence[int], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Nothing was begun."""


def notice_works() -> tuple[NoticeWork, ...]:
    """Return the work of each kind of row that only looks."""
    return (
        NoticeWork("order.progress", "order_id", fulfilment.report_progress),
        NoticeWork("change.notice", "order_line_id", scheduled_changes.announce_changes),
        NoticeWork("change.done", "order_line_id", scheduled_changes.tell_done),
    )
