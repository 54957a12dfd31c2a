"""Rows `payment.refund`: give back through the gateway what a withdrawal is owed, and ask what became of it.

Source: domain.md 10, hardening.md R03, R04.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.attempts import Standing
from portal.ports import RefundReport
from portal.store.outbox import Claim
from portal.usecases import refunds
from portal.usecases.refunds import OpenedRefund
from portal.wiring import Services
from workers.job import Fate


@dataclass(frozen=True, slots=True)
class RefundTask:
    """A refund to be asked for, or about, for the `number`-th time."""

    opened: OpenedRefund
    number: int


class RefundWork:
    """Refunds that are not decided yet; the gateway does each once, however often it is asked."""

    kind = "payment.refund"
    queue = "payments"
    batch = 10

    def __init__(self, services: Services) -> None:
        self._gateways = services.gateways

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, RefundTask]:
        references = {claim.id: claim.payload["reference"] for claim in claims}
        found = refunds.begin_refunds(session, references.values())
        return {
            claim.id: RefundTask(found[references[claim.id]], claim.payload["number"])
            for claim in claims
            if references[claim.id] in found
        }

    def opened(self) -> AbstractContextManager[Callable[[RefundTask], RefundReport]]:
        return nullcontext(self._ask)

    def succeeded(self, session: Session, task: RefundTask, answer: RefundReport, *, now: datetime) -> None:
        request = task.opened.request
        refunds.record_report(session, request.reference, answer, now=now)
        if answer.standing is Standing.PROCESSING:
            refunds.ask_later(session, request.reference, task.number, now, now=now)

    def failed(
        self, session: Session, tasks: Sequence[RefundTask], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """Tell the operator of what was given up; what comes later is asked for by the same row."""
        for task in tasks if fate is not Fate.LATER else ():
            is_refused = fate is Fate.REJECTED
            refunds.not_asked(session, task.opened.request.reference, words, is_refused=is_refused, now=now)

    def _ask(self, task: RefundTask) -> RefundReport:
        return self._gateways.named(task.opened.gateway).refund(task.opened.request)
