"""A smaller plan whose day has come and a withdrawal at the same moment: the withdrawal has the last word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.plans import Plan
from portal.ports import MailboxOrder
from portal.store import outbox, withdrawals
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.scheduled_changes import ChangeState, ScheduledChange
from portal.wiring import Services
from tests.conftest import Clock
from tests.usecases.carts import Cart
from tests.usecases.test_withdrawals import fulfilled, withdraw
from workers.job import run
from workers.platform import ChangeWork, WithdrawWork

LEASE = timedelta(seconds=45)
TOMORROW_IT_EXPIRES = {"plan": Plan.PREMIUM, "expires_in": 1}


class Platform:
    """Remembers what it was told; a test says what happens while it is being told."""

    def __init__(self) -> None:
        self.told: list[MailboxOrder] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def apply(self, order: MailboxOrder) -> None:
        happens, self.meanwhile = self.meanwhile, lambda: None
        happens()
        self.told.append(order)

    def suspend(self, key: str, address: str) -> None:
        """Nothing of interest here."""

    restore = cancel = suspend


@pytest.fixture
def platform() -> Platform:
    return Platform()


def due(services: Services, clock: Clock) -> tuple[Cart, Order]:
    """Store a mailbox that is to become smaller, and go to that day."""
    cart, order = fulfilled(services, TOMORROW_IT_EXPIRES, plan=Plan.PRO)
    clock.forward(days=2)
    return cart, order


def work(services: Services, kind: type[ChangeWork] | type[WithdrawWork]) -> None:
    """Do what relay and worker do with all that is due of a kind."""
    now = services.now()
    with services.transaction() as session:
        batches = outbox.hand_over(session, kind.kind, now=now, until=now + LEASE, window=99, size=20)
    for batch in batches:
        run(services, kind(services), batch, stopping=lambda: False)


def truth(services: Services) -> tuple[Plan, list[ChangeState]]:
    with services.reading() as session:
        plan = session.scalars(select(Mailbox.plan)).one()
        return plan, list(session.scalars(select(ScheduledChange.state)))


def test_withdrawn_first_nothing_is_changed(services: Services, clock: Clock, platform: Platform) -> None:
    its = replace(services, platform=platform)
    cart, order = due(services, clock)

    withdraw(services, cart, order)
    work(its, ChangeWork)
    work(its, WithdrawWork)

    assert [told.plan for told in platform.told] == [Plan.PREMIUM]
    assert truth(services) == (Plan.PREMIUM, [ChangeState.OVERTAKEN])


def test_changed_first_the_withdrawal_brings_the_bigger_plan_back(
    services: Services, clock: Clock, platform: Platform
) -> None:
    its = replace(services, platform=platform)
    cart, order = due(services, clock)

    work(its, ChangeWork)
    withdraw(services, cart, order)
    work(its, WithdrawWork)

    assert [told.plan for told in platform.told] == [Plan.PRO, Plan.PREMIUM]
    assert truth(services) == (Plan.PREMIUM, [ChangeState.DONE])


def test_a_change_in_hand_never_reaches_the_platform_after_the_taking_back(
    services: Services, clock: Clock, platform: Platform
) -> None:
    its = replace(services, platform=platform)
    cart, order = due(services, clock)

    def withdrawn_meanwhile() -> None:
        withdraw(services, cart, order)
        work(its, WithdrawWork)

    platform.meanwhile = withdrawn_meanwhile
    work(its, ChangeWork)
    clock.forward(minutes=5)
    work(its, WithdrawWork)

    assert [told.plan for told in platform.told] == [Plan.PRO, Plan.PREMIUM]
    assert truth(services) == (Plan.PREMIUM, [ChangeState.OVERTAKEN])


def test_without_the_waiting_the_change_would_win(
    services: Services, clock: Clock, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above."""
    monkeypatch.setattr(withdrawals, "mailboxes_being_changed", lambda session: set())
    its = replace(services, platform=platform)
    cart, order = due(services, clock)

    def withdrawn_meanwhile() -> None:
        withdraw(services, cart, order)
        work(its, WithdrawWork)

    platform.meanwhile = withdrawn_meanwhile
    work(its, ChangeWork)

    assert [told.plan for told in platform.told] == [Plan.PREMIUM, Plan.PRO]
