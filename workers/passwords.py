"""Rows `platform.password`: a mailbox's new password, where the mail server keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.outbox import Claim
from portal.usecases import passwords
from portal.usecases.passwords import PasswordTask
from portal.wiring import Services
from workers.job import Fate


class PasswordWork:
    """Passwords chosen anew: the platform gets the hash, the portal keeps nothing. Source: domain.md 2.3."""

    kind = "platform.password"
    queue = "platform"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._services = services

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, PasswordTask]:
        payloads = [(claim.id, claim.payload) for claim in claims]
        return passwords.tasks_of(payloads, self._services.sealer)

    def opened(self) -> AbstractContextManager[Callable[[PasswordTask], None]]:
        return nullcontext(self._set)

    def succeeded(self, session: Session, task: PasswordTask, answer: None, *, now: datetime) -> None:
        """Nothing is to be recorded: the person was told when it was chosen."""

    def failed(
        self, session: Session, tasks: Sequence[PasswordTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """What was chosen stays somebody's task until it is done."""

    def _set(self, task: PasswordTask) -> None:
        self._services.platform.set_password(task.key, task.address, task.hash)
