"""Rows `usage.read`: how full a mailbox is, as the mail server says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.orm import Session

from portal.ports import SpaceUse
from portal.store.outbox import Claim
from portal.usecases import usage
from portal.wiring import Services
from workers.job import Fate

log = logging.getLogger(__name__)
Reading: TypeAlias = tuple[int, str]
"""A mailbox's id and its address."""


class UsageWork:
    """One conversation a mailbox. What the server does not tell stays as it was, with its age."""

    kind = "usage.read"
    queue = "platform"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._meter = services.meter

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, Reading]:
        if self._meter is None:
            return {}
        return usage.begin_readings(session, {claim.id: claim.payload["mailbox_id"] for claim in claims})

    def opened(self) -> AbstractContextManager[Callable[[Reading], SpaceUse | None]]:
        return nullcontext(self._read)

    def succeeded(self, session: Session, task: Reading, answer: SpaceUse | None, *, now: datetime) -> None:
        mailbox_id, _ = task
        if answer is None:
            log.warning("usage.read: the mail server tells nothing of mailbox %d", mailbox_id)
            return
        usage.keep_reading(session, mailbox_id, answer, now=now)

    def failed(
        self, session: Session, tasks: Sequence[Reading], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Tomorrow is another day: nothing was marked."""

    def _read(self, task: Reading) -> SpaceUse | None:
        assert self._meter is not None
        return self._meter.read(task[1])
