"""Rows `recovery.answer`: whether what somebody typed who has forgotten is anybody's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.outbox import Claim
from portal.usecases import recovery
from portal.wiring import Services
from workers.job import Fate


class RecoveryWork:
    """Requests of people who have forgotten: looked up here, so that the web's time tells nothing (S12)."""

    kind = "recovery.answer"
    queue = "mail"
    batch = 20

    def __init__(self, services: Services) -> None:
        self._services = services

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, int]:
        return {claim.id: claim.payload["request_id"] for claim in claims}

    def opened(self) -> AbstractContextManager[Callable[[int], None]]:
        return nullcontext(lambda _request_id: None)

    def succeeded(self, session: Session, task: int, answer: None, *, now: datetime) -> None:
        domain = self._services.settings.brand.account_domain
        recovery.answer(session, task, account_domain=domain, sealer=self._services.sealer, now=now)

    def failed(
        self, session: Session, tasks: Sequence[int], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Nothing was promised to anybody."""
