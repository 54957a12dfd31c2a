"""Killed while paying from credit, buying space, storing a method, giving money back: once, or not at all.

Each act is done in a process of its own that ends at a named line, and then again by one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import func, select

from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.mandates import StoredMethodState
from portal.domain.orders import OrderState
from portal.domain.withdrawal import WithdrawalState
from portal.failpoints import KILLED, Failpoint
from portal.settings import read_settings
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.outbox import OutboxRow, OutboxState
from portal.store.space_purchases import SpacePurchase
from portal.store.stored_methods import Mandate, StoredMethod
from portal.store.withdrawals import Withdrawal
from portal.usecases import wallets, withdrawals
from portal.usecases.audit import audit
from portal.usecases.wallets import Why
from portal.wiring import Services, build_services, system_clock
from tests.conftest import Clock
from tests.factories import make_prices
from tests.kills import acts
from tests.servers.aside import done_aside
from tests.tills import Till, open_till
from tests.usecases.test_withdrawals import DECLARATION, lines_of, renew, take_back

SPENDING = [Failpoint.CREDIT_TAKEN, Failpoint.PAYMENT_RECORDED, Failpoint.PAYMENT_APPLIED]
STORING = [Failpoint.METHOD_COMMITTED, Failpoint.METHOD_BEGUN]


@dataclass
class Desk:
    """A customer with an unpaid order and 50 euros of credit, seen by other processes too."""

    till: Till
    environment: dict[str, str]

    @property
    def services(self) -> Services:
        return self.till.services

    def does(self, act: Callable[..., None], *about: str, dies_at: Failpoint | None = None) -> int:
        """Let the customer do something in a process of its own, armed or not; return its exit code."""
        return self._aside(act, self.till.subject, *about, dies_at=dies_at)

    def gives_back(self, dies_at: Failpoint | None = None) -> int:
        """Let a worker send the refunds in a process of its own, armed or not; return its exit code."""
        return self._aside(acts.give_back, dies_at=dies_at)

    def _aside(self, act: Callable[..., None], *about: object, dies_at: Failpoint | None) -> int:
        armed = self.environment | {"PORTAL_DEMO": "yes", "PORTAL_FAILPOINT": dies_at or ""}
        code = done_aside(act, *about, environment=armed)
        assert code in (0, KILLED)
        return code

    def balance(self) -> int:
        with self.services.reading() as session:
            return wallets.balance_of(session, self.till.subject, today=self.services.today())

    def is_sound(self) -> bool:
        with self.services.reading() as session:
            found = [*audit(session, today=self.services.today(), now=self.services.now())]
        return found == []


@pytest.fixture
def desk(services: Services, environment: dict[str, str]) -> Desk:
    services = replace(services, clock=Clock(system_clock()))
    till = open_till(services)
    settings = read_settings({**environment, "PORTAL_DEMO": "yes"})
    gateways = build_services(settings, clock=services.clock).gateways
    with services.transaction() as session:
        why = Why(PostingKind.ADJUSTMENT, "gift")
        wallets.put_in(session, till.subject, why, 5000, LedgerAccount.ADJUSTMENTS, now=services.now())
    return Desk(replace(till, services=replace(services, settings=settings, gateways=gateways)), environment)


@pytest.mark.parametrize("point", SPENDING)
def test_killed_while_paying_from_credit_it_is_taken_with_its_effect_or_not_at_all(
    desk: Desk, point: Failpoint
) -> None:
    assert desk.does(acts.pay_by_credit, desk.till.number, dies_at=point) == KILLED
    assert (desk.balance(), desk.till.order().state) == (5000, OrderState.AWAITING_PAYMENT)
    assert desk.is_sound()

    for _ in range(2):
        assert desk.does(acts.pay_by_credit, desk.till.number) == 0

    assert (desk.balance(), desk.till.order().state) == (5000 - 610, OrderState.PAID)
    assert desk.till.effects() == 1
    assert desk.is_sound()


@pytest.mark.parametrize("point", SPENDING)
def test_killed_while_buying_space_nothing_is_taken_and_nothing_ordered(desk: Desk, point: Failpoint) -> None:
    with desk.services.transaction() as session:
        make_prices(session)
        session.get_one(Order, desk.till.order().id).state = OrderState.CANCELLED
        for line in lines_of(desk.services, desk.till.order()):
            session.merge(line).is_open = False
        box = session.scalars(select(Mailbox)).one()
        box.expires_on = desk.services.today().replace(year=desk.services.today().year + 1)
    address = box.address

    assert desk.does(acts.buy_a_gigabyte, address, dies_at=point) == KILLED
    assert desk.balance() == 5000
    assert desk.is_sound()
    assert desk.does(acts.buy_a_gigabyte, address) == 0

    with desk.services.reading() as session:
        assert session.scalar(select(func.count(SpacePurchase.id))) == 1
    assert desk.balance() == 5000 - 366
    assert desk.is_sound()


@pytest.mark.parametrize("point", STORING)
def test_killed_before_its_page_a_method_is_stored_by_nobody(desk: Desk, point: Failpoint) -> None:
    assert desk.does(acts.add_method, dies_at=point) == KILLED

    with desk.services.reading() as session:
        method = session.scalars(select(StoredMethod)).one()
    assert method.state is StoredMethodState.PENDING
    assert desk.is_sound()


def test_killed_after_the_gateways_answer_a_method_is_stored_once(desk: Desk) -> None:
    assert desk.does(acts.add_method) == 0
    with desk.services.reading() as session:
        method = session.scalars(select(StoredMethod)).one()
    desk.till.gateway.decide(method.gateway_key, "paid")

    assert desk.does(acts.bring_method, method.reference, dies_at=Failpoint.METHOD_ANSWERED) == KILLED
    for _ in range(2):
        assert desk.does(acts.bring_method, method.reference) == 0

    with desk.services.reading() as session:
        assert session.scalars(select(StoredMethod.state)).all() == [StoredMethodState.ACTIVE]
        assert session.scalar(select(func.count(Mandate.id))) == 1
    assert desk.is_sound()


@pytest.mark.parametrize("point", [Failpoint.REFUND_ANSWERED, Failpoint.REFUND_RECORDED])
def test_r03_killed_after_the_gateway_gave_money_back_it_goes_back_once(desk: Desk, point: Failpoint) -> None:
    reference = desk.till.opened()
    desk.till.decide()
    desk.till.come_back(reference)
    order = desk.till.order()
    renew(desk.services, *(line.id for line in lines_of(desk.services, order)))
    with desk.services.transaction() as session:
        session.get_one(Order, order.id).withdrawable_until = desk.services.today()
    with desk.services.transaction() as session:
        withdrawals.withdraw(session, desk.till.subject, order.number, DECLARATION, now=desk.services.now())
    take_back(desk.services, order)

    assert desk.gives_back(point) == KILLED
    assert desk.till.gateway.refunds() == [(reference, 610)], "the gateway has given it back"
    with desk.services.transaction() as session:
        assert session.scalars(select(Withdrawal.state)).all() == [WithdrawalState.EFFECTIVE]
        for row in session.scalars(select(OutboxRow).where(OutboxRow.kind == "payment.refund")):
            row.state = OutboxState.WAITING
    for _ in range(2):
        assert desk.gives_back() == 0

    assert desk.till.gateway.refunds() == [(reference, 610)]
    with desk.services.reading() as session:
        assert session.scalars(select(Withdrawal.state)).all() == [WithdrawalState.REFUNDED]
    assert desk.is_sound()
