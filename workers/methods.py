"""Rows `method.ask` and `method.forget`: what became of a method being stored; forget a removed one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.attempts import is_last_question
from portal.ports import GatewayReport, MethodToken
from portal.store.outbox import Claim
from portal.usecases import method_changes
from portal.usecases.method_changes import OpenedMethod
from portal.wiring import Services
from workers.job import Fate


@dataclass(frozen=True, slots=True)
class MethodQuestion:
    """A method being stored, to be asked about for the `number`-th time."""

    opened: OpenedMethod
    number: int


class AskMethodWork:
    """Methods whose owners did not come back from the gateway's page."""

    kind = "method.ask"
    queue = "payments"
    batch = 10

    def __init__(self, services: Services) -> None:
        self._gateways = services.gateways

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, MethodQuestion]:
        references = {claim.id: claim.payload["reference"] for claim in claims}
        found = method_changes.begin_questions(session, references.values())
        return {
            claim.id: MethodQuestion(found[references[claim.id]], claim.payload["number"])
            for claim in claims
            if references[claim.id] in found
        }

    def opened(self) -> AbstractContextManager[Callable[[MethodQuestion], GatewayReport]]:
        return nullcontext(self._ask)

    def succeeded(
        self, session: Session, task: MethodQuestion, answer: GatewayReport, *, now: datetime
    ) -> None:
        request = task.opened.request
        method_changes.record_report(session, request.reference, answer, now=now)
        method_changes.ask_later(session, request.reference, task.number + 1, request.opened_at, now=now)

    def failed(
        self, session: Session, tasks: Sequence[MethodQuestion], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Leave the methods as they are: one that is not stored is charged by nobody."""

    def _ask(self, task: MethodQuestion) -> GatewayReport:
        gateway = self._gateways.named(task.opened.gateway)
        is_last = is_last_question(task.number)
        return gateway.close(task.opened.request) if is_last else gateway.ask(task.opened.request)


class ForgetMethodWork:
    """Removed methods: their gateways forget them too."""

    kind = "method.forget"
    queue = "payments"
    batch = 10

    def __init__(self, services: Services) -> None:
        self._gateways = services.gateways

    def begin(
        self, session: Session, claims: Sequence[Claim], *, now: datetime
    ) -> dict[int, tuple[str, MethodToken]]:
        wanted = {claim.id: claim.payload["method_id"] for claim in claims}
        tokens = method_changes.tokens_to_forget(session, wanted.values())
        return {row_id: tokens[method_id] for row_id, method_id in wanted.items() if method_id in tokens}

    def opened(self) -> AbstractContextManager[Callable[[tuple[str, MethodToken]], None]]:
        return nullcontext(self._forget)

    def succeeded(
        self, session: Session, task: tuple[str, MethodToken], answer: None, *, now: datetime
    ) -> None:
        """Nothing is to be recorded: here the method was removed before."""

    def failed(
        self,
        session: Session,
        tasks: Sequence[tuple[str, MethodToken]],
        fate: Fate,
        words: str,
        *,
        now: datetime,
    ) -> None:
        """Leave it: without a mandate nobody here charges it."""

    def _forget(self, task: tuple[str, MethodToken]) -> None:
        gateway, token = task
        self._gateways.named(gateway).forget(token)
