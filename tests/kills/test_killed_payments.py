"""R02, R03: killed at every named line between a gateway's answer and our commit; still one effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.domain.orders import OrderState
from portal.failpoints import KILLED, Failpoint
from portal.settings import read_settings
from portal.store.outbox import OutboxRow
from portal.wiring import Services, build_services, system_clock
from tests.conftest import Clock
from tests.kills.acts import come_back, press_pay
from tests.servers.aside import done_aside
from tests.tills import Till, open_till
from tests.workers.audit import audit
from workers.job import run
from workers.payments import AskWork

Act = Callable[..., None]
WHILE_BEGINNING = [Failpoint.ATTEMPT_COMMITTED, Failpoint.ATTEMPT_BEGUN]
WHILE_SETTLING = [Failpoint.ATTEMPT_ANSWERED, Failpoint.PAYMENT_RECORDED, Failpoint.PAYMENT_APPLIED]


@pytest.fixture
def desk(services: Services, environment: dict[str, str]) -> Till:
    """An unpaid order at the demo's till, whose gateway other processes see too."""
    services = replace(services, clock=Clock(system_clock()))
    till = open_till(services)
    settings = read_settings({**environment, "PORTAL_DEMO": "yes"})
    gateways = build_services(settings, clock=services.clock).gateways
    return replace(till, services=replace(services, settings=settings, gateways=gateways))


def aside(
    desk: Till, environment: dict[str, str], act: Act, *about: str, dies_at: Failpoint | None = None
) -> int:
    """Press «Paga» or come back in a process of its own, armed or not; return its exit code."""
    armed = environment | {"PORTAL_DEMO": "yes", "PORTAL_FAILPOINT": dies_at or ""}
    return done_aside(act, desk.subject, desk.number, *about, environment=armed)


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
    assert aside(desk, environment, press_pay, dies_at=point) == KILLED
    assert len(desk.attempts()) == 1

    assert aside(desk, environment, press_pay) == 0
    assert len(desk.attempts()) == 1, "the same attempt, with the same reference"
    desk.decide()
    assert aside(desk, environment, come_back, desk.attempts()[0].reference) == 0

    assert_paid_once(desk)


@pytest.mark.parametrize("who", ["janitor", "customer"])
@pytest.mark.parametrize("point", WHILE_SETTLING)
def test_r03_killed_between_answer_and_commit_somebody_else_records_it(
    desk: Till, environment: dict[str, str], point: Failpoint, who: str
) -> None:
    assert aside(desk, environment, press_pay) == 0
    desk.decide()
    reference = desk.attempts()[0].reference

    assert aside(desk, environment, come_back, reference, dies_at=point) == KILLED
    assert desk.payments() == []
    for _ in range(2):
        janitor(desk) if who == "janitor" else aside(desk, environment, come_back, reference)

    assert_paid_once(desk)
