"""R31: many charges, a tenth declined and tried again, mandates revoked, the clock killed.

A hundred and twenty here, a thousand in `make soak`: what happens to each is the same.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select, update

from portal.adapters.gateways.simulated.gateway import DECLINED_TOKEN
from portal.domain.attempts import Failure, Standing
from portal.domain.auto_renewal import CycleEnd, CycleState
from portal.domain.dates import rome_day
from portal.domain.mandates import StoredMethodState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.ports import GatewayReport, MethodToken, PaymentRequest
from portal.store.attempts import PaymentAttempt
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.mails import Mail
from portal.store.payments import Payment
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod
from portal.usecases.audit import audit
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW
from tests.tills import with_simulated
from tests.usecases.renewing import JOBS, Days, renewing
from workers.clock import do_job

SURVIVED = 3
"""How many transactions a clock or a worker survives before it is killed."""


class Pocket:
    """A gateway that decides in memory: a file would be synced three thousand times."""

    name = "simulated"

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        if method.token == DECLINED_TOKEN:
            return GatewayReport(Standing.FAILED, failure=Failure.REFUSED)
        return GatewayReport(Standing.DONE, amount_cents=request.amount_cents)


class Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("mailboxes", [120, pytest.param(1_000, marks=pytest.mark.soak)])
def test_r31_many_renewals_end_as_they_must(services: Services, clock: Clock, mailboxes: int) -> None:
    declining, revoking = mailboxes // 10, mailboxes // 50
    days = renewing(services, clock, mailboxes=mailboxes, expires_in=31)
    declined = _another_method(days, DECLINED_TOKEN, days.mailbox_ids[:declining])
    revoked = _another_method(days, "sim_good_too", days.mailbox_ids[declining : declining + revoking])
    days.services = with_simulated(services, card=Pocket())
    expiry = days.expiry()

    for left in (30, 15, 7, 5, 3, 1, 0):
        days.clock.set(NOW.replace(hour=9) + timedelta(days=(expiry - rome_day(NOW)).days - left))
        if left == 7:
            _revoke(days, revoked)
        _day_with_kills(days)

    with services.reading() as session:
        states = Counter(session.scalars(select(AutoRenewalCycle.state)))
        ends = Counter(session.scalars(select(AutoRenewalCycle.ended_by)))
        made = session.execute(
            select(PaymentAttempt.stored_method_id, PaymentAttempt.order_id, PaymentAttempt.opened_at)
        ).all()
        dunned = Counter(
            session.scalars(
                select(Mail.mailbox_id).where(
                    Mail.kind == "auto_renewal_failed", Mail.recipient == "studio@posta.example"
                )
            )
        )
        paid = session.scalar(
            select(func.count()).select_from(Payment).where(Payment.state == PaymentState.SUCCEEDED)
        )
        found = [str(each) for each in audit(session, today=services.today(), now=services.now())]

    done = mailboxes - declining - revoking
    assert states == {CycleState.DONE: done, CycleState.FAILED: declining + revoking}
    assert (ends[CycleEnd.REFUSED], ends[CycleEnd.OVER_MAXIMUM], paid) == (declining, revoking, done)
    tries = Counter(method for method, _, _ in made)
    assert tries == {days.method_id: done, declined: 4 * declining}
    days_of_tries = {(expiry - rome_day(at)).days for method, _, at in made if method == declined}
    assert days_of_tries == {7, 5, 3, 1}
    assert Counter(dunned.values()) == {4: declining, 1: revoking}
    assert found == []


def _another_method(days: Days, token: str, mailbox_ids: list[int]) -> int:
    """Store another method of the account with a mandate of its own, and let these renew with it."""
    with days.services.transaction() as session:
        method = StoredMethod(
            account_id=days.subject.account_id,
            reference=f"m-{token}",
            method=PaymentMethod.CARD,
            gateway="simulated",
            state=StoredMethodState.ACTIVE,
            token=token,
            brand="Visa",
            last_four="0002",
            opened_at=NOW,
            activated_at=NOW,
        )
        consent = AutoRenewalConsent(
            wanted=True, text_version="x", maximum_cents=10_00, given_at=NOW, address="192.0.2.1"
        )
        session.add_all([method, consent])
        session.flush()
        session.add(
            Mandate(stored_method_id=method.id, consent_id=consent.id, maximum_cents=10_00, given_at=NOW)
        )
        theirs = RenewsWith.mailbox_id.in_(mailbox_ids)
        session.execute(update(RenewsWith).where(theirs).values(stored_method_id=method.id))
        return method.id


def _revoke(days: Days, method_id: int) -> None:
    with days.services.transaction() as session:
        of_it = Mandate.stored_method_id == method_id
        session.execute(update(Mandate).where(of_it).values(revoked_at=days.services.now()))


def _day_with_kills(days: Days) -> None:
    """Do a day's work; clock and workers are killed after a few transactions and begin again."""
    for job in JOBS:
        survived = count()

        def dying(
            *args: object, piece: object = job.piece, left: count[int] = survived, **named: object
        ) -> object:
            if next(left) >= SURVIVED:
                raise Killed
            return piece(*args, **named)  # type: ignore[operator]

        try:
            do_job(days.services, type(job)(job.name, job.cron, dying), days.services.today())
        except Killed:
            do_job(days.services, job, days.services.today())
    days.send_mails()
    days.do_rows()
