"""Rows `auto_renewal.charge`: charge a stored method for an order whose day has come.

Source: domain.md 6, hardening.md S42.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.attempts import Failure, Standing
from portal.ports import GatewayReport
from portal.store.outbox import Claim
from portal.usecases import attempts, auto_renewal_charges
from portal.usecases.auto_renewal_charges import Charge
from portal.wiring import Services
from workers.job import Fate


class ChargeWork:
    """One charge at a time, so that nothing lies between the last look at its conditions and the call."""

    kind = auto_renewal_charges.KIND
    queue = "payments"
    batch = 1

    def __init__(self, services: Services) -> None:
        self._gateways = services.gateways

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, Charge]:
        found = {
            claim.id: auto_renewal_charges.begin_charge(session, claim.payload["cycle_id"], now=now)
            for claim in claims
        }
        return {claim_id: charge for claim_id, charge in found.items() if charge is not None}

    def opened(self) -> AbstractContextManager[Callable[[Charge], GatewayReport]]:
        return nullcontext(self._charge)

    def succeeded(self, session: Session, task: Charge, answer: GatewayReport, *, now: datetime) -> None:
        attempts.record_report(session, task.request.reference, answer, now=now)

    def failed(
        self, session: Session, tasks: Sequence[Charge], fate: Fate, words: str, *, now: datetime
    ) -> None:
        """What a gateway will never do is refused; what nobody knows is asked about before anything else."""
        for task in tasks:
            if fate is Fate.REJECTED:
                refused = GatewayReport(Standing.FAILED, failure=Failure.REFUSED)
                attempts.record_report(session, task.request.reference, refused, now=now)
            else:
                attempts.outcome_unknown(session, task.request.reference)

    def _charge(self, task: Charge) -> GatewayReport:
        return self._gateways.named(task.gateway).charge(task.request, task.method)
