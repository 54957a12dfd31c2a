"""Rows `document.drop` and `document.sweep`: files whose time is over, and files that belong to nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.outbox import Claim
from portal.usecases import documents
from portal.wiring import Services
from workers.job import Fate

STRAY_AFTER_SECONDS = 24 * 3600
"""A file is put into the vault a moment before its row is written."""
log = logging.getLogger(__name__)


class DropWork:
    """A file that its sender took back, or that was kept long enough."""

    kind = "document.drop"
    queue = "platform"
    batch = 50

    def __init__(self, services: Services) -> None:
        self._vault = services.vault

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, str]:
        return {claim.id: claim.payload["name"] for claim in claims}

    def opened(self) -> AbstractContextManager[Callable[[str], None]]:
        return nullcontext(self._vault.drop)

    def succeeded(self, session: Session, task: str, answer: None, *, now: datetime) -> None:
        """The row of the document was marked before."""

    def failed(
        self, session: Session, tasks: Sequence[str], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """What is left is swept."""


class SweepWork:
    """Files without a living row: what a process left that died between vault and database."""

    kind = "document.sweep"
    queue = "platform"
    batch = 1

    def __init__(self, services: Services) -> None:
        self._vault = services.vault

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, frozenset[str]]:
        return {claim.id: documents.names_to_keep(session) for claim in claims}

    def opened(self) -> AbstractContextManager[Callable[[frozenset[str]], int]]:
        return nullcontext(self._sweep)

    def succeeded(self, session: Session, task: frozenset[str], answer: int, *, now: datetime) -> None:
        if answer:
            log.warning("document.sweep: %d files without a row dropped", answer)

    def failed(
        self, session: Session, tasks: Sequence[frozenset[str]], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Tomorrow's turn sweeps again."""

    def _sweep(self, names: frozenset[str]) -> int:
        return self._vault.drop_all_but(names, older_than_seconds=STRAY_AFTER_SECONDS)
