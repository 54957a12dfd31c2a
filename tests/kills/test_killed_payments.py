"""R02, R03: killed at every named line between a gateway's answer and our commit; still one effect."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.domain.orders import OrderState
from portal.failpoints import KILLED, Failpoint
from portal.settings import read_settings
from portal.store.outbox import OutboxRow
from portal.wiring import Services, build_services, system_clock
from tests.conftest import Clock
from tests.servers.portal import ROOT
from tests.tills import Till, open_till
from tests.workers.audit import audit
from workers.job import run
from workers.payments import AskWork

WHILE_BEGINNING = [Failpoint.ATTEMPT_COMMITTED, Failpoint.ATTEMPT_BEGUN]
WHILE_SETTLING = [Failpoint.ATTEMPT_ANSWERED, Failpoint.PAYMENT_RECORDED, Failpoint.PAYMENT_APPLIED]
SCRIPT = """
import os, sys
from portal import till
from portal.domain.access import Subject, SubjectKind
from portal.domain.payments import PaymentMethod
from portal.settings import read_settings
from portal.wiring import build_services
services = build_services(read_settings(os.environ))
subject = Subject(SubjectKind.ACCOUNT, account_id=int(sys.argv[1]))
if sys.argv[3] == "pay":
    till.pay(services, subject, sys.argv[2], PaymentMethod.CARD)
else:
    till.look_again(services, subject, sys.argv[2], sys.argv[3])
"""


@pytest.fixture
def desk(services: Services, environment: dict[str, str]) -> Till:
    """An unpaid order at the demo's till, whose gateway other processes see too."""
    services = replace(services, clock=Clock(system_clock()))
    till = open_till(services)
    settings = read_settings({**environment, "PORTAL_DEMO": "yes"})
    gateways = build_services(settings, clock=services.clock).gateways
    return replace(till, services=replace(services, settings=settings, gateways=gateways))


def in_a_process(desk: Till, environment: dict[str, str], act: str, point: Failpoint | None = None) -> int:
    """Press «Paga» or come back in a process of its own, armed or not; return its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(desk.subject.account_id), desk.number, act],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment, "PORTAL_DEMO": "yes", "PORTAL_FAILPOINT": point or ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode


def janitor(desk: Till) -> None:
    """Let a minute pass, and workers ask what is due."""
    clock = desk.services.clock
    assert isinstance(clock, Clock)
    clock.forward(minutes=2)
    with desk.services.transaction() as session:
        due = session.scalars(
            select(OutboxRow).where(OutboxRow.kind == "payment.ask", OutboxRow.state == "waiting")
        )
        rows = [row for row in due if row.not_before <= clock()]
        for row in rows:
            row.state = row.state.QUEUED
    run(desk.services, AskWork(desk.services), [row.id for row in rows], stopping=lambda: False)


def assert_paid_once(desk: Till) -> None:
    assert desk.order().state is OrderState.PAID
    assert (len(desk.payments()), desk.effects()) == (1, 1)
    with desk.services.reading() as session:
        assert audit(session, desk.services.now()) == []


@pytest.mark.parametrize("point", WHILE_BEGINNING)
def test_r02_killed_before_the_page_the_customer_pays_once_all_the_same(
    desk: Till, environment: dict[str, str], point: Failpoint
) -> None:
    assert in_a_process(desk, environment, "pay", point) == KILLED
    assert len(desk.attempts()) == 1

    assert in_a_process(desk, environment, "pay") == 0
    assert len(desk.attempts()) == 1, "the same attempt, with the same reference"
    desk.decide()
    assert in_a_process(desk, environment, desk.attempts()[0].reference) == 0

    assert_paid_once(desk)


@pytest.mark.parametrize("who", ["janitor", "customer"])
@pytest.mark.parametrize("point", WHILE_SETTLING)
def test_r03_killed_between_answer_and_commit_somebody_else_records_it(
    desk: Till, environment: dict[str, str], point: Failpoint, who: str
) -> None:
    assert in_a_process(desk, environment, "pay") == 0
    desk.decide()
    reference = desk.attempts()[0].reference

    assert in_a_process(desk, environment, reference, point) == KILLED
    assert desk.payments() == []
    for _ in range(2):
        janitor(desk) if who == "janitor" else in_a_process(desk, environment, reference)

    assert_paid_once(desk)
