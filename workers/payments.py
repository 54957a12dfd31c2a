"""Rows `payment.ask`: ask a gateway what has become of an attempt that nobody told us about.

Source: lessons.md 1 (8), hardening.md R02-R06.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.attempts import is_last_question
from portal.ports import GatewayReport
from portal.store.outbox import Claim
from portal.usecases import attempts
from portal.usecases.attempts import OpenedAttempt
from portal.wiring import Services
from workers.job import Fate


@dataclass(frozen=True, slots=True)
class Question:
    """An open attempt to be asked about; `number` is the question's place, None for one out of turn."""

    opened: OpenedAttempt
    number: int | None

    @property
    def closes(self) -> bool:
        """Say whether nobody shall pay any more what is still open: too late, or the order is closed."""
        is_last = self.number is not None and is_last_question(self.number)
        return is_last or not self.opened.request.may_charge


class AskWork:
    """Attempts still open: what does the gateway say? The next question is a row of its own."""

    kind = "payment.ask"
    queue = "payments"
    batch = 10

    def __init__(self, services: Services) -> None:
        self._gateways = services.gateways

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, Question]:
        references = {claim.id: claim.payload["reference"] for claim in claims}
        found = attempts.begin_questions(session, references.values())
        return {
            claim.id: Question(found[references[claim.id]], claim.payload["number"])
            for claim in claims
            if references[claim.id] in found
        }

    def opened(self) -> AbstractContextManager[Callable[[Question], GatewayReport]]:
        return nullcontext(self._ask)

    def succeeded(self, session: Session, task: Question, answer: GatewayReport, *, now: datetime) -> None:
        request = task.opened.request
        attempts.record_report(session, request.reference, answer, now=now)
        if task.number is not None:
            attempts.ask_later(session, request.reference, task.number + 1, request.opened_at, now=now)

    def failed(
        self, session: Session, tasks: Sequence[Question], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Leave the attempts as they are: what nobody knows stays unknown until the gateway answers."""

    def _ask(self, task: Question) -> GatewayReport:
        gateway = self._gateways.named(task.opened.gateway)
        return gateway.close(task.opened.request) if task.closes else gateway.ask(task.opened.request)
