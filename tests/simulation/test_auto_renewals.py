"""Years of auto-renewal against an oracle: each charge on its day, once, and to nobody who said no."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import update

from portal.store.attempts import PaymentAttempt
from portal.usecases.audit import Check, audit
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW
from tests.simulation.auto_renewals import Customers, contradictions

MAILBOXES = int(os.environ.get("SIMULATED_RENEWALS", "30"))
DAYS = int(os.environ.get("SIMULATED_RENEWAL_DAYS", "460"))
"""More than a year: what renewed is renewed again."""
SEED = int(os.environ.get("SIMULATED_SEED", "20261126"))

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_years_of_renewals_go_as_the_rules_say(services: Services, clock: Clock) -> None:
    customers = Customers(services, clock, mailboxes=MAILBOXES, seed=SEED)

    customers.walk(DAYS)

    with services.reading() as session:
        assert contradictions(session, customers.known) == []
        found = audit(session, today=services.today(), now=services.now())
        wrong = [each for each in found if each.check is not Check.MAILBOX_PAST_ITS_END]
        assert wrong == []  # no mailbox is cancelled here: those jobs have a simulation of their own
    charges = [charge for each in customers.known.values() for charge in each.charges]
    assert any(taken for _, _, taken in charges)
    assert any(not taken for _, _, taken in charges)


def test_the_oracle_sees_what_is_wrong(services: Services, clock: Clock) -> None:
    customers = Customers(services, clock, mailboxes=6, seed=7)
    customers.walk(90)
    with services.transaction() as session:
        session.execute(update(PaymentAttempt).values(opened_at=NOW))

    with services.reading() as session:
        assert contradictions(session, customers.known)
