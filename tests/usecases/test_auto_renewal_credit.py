"""Credit first: what renews by itself is paid from credit if that is enough for all of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, update

from portal.domain.auto_renewal import CycleEnd, CycleState
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.store import ledger
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.stored_methods import RenewsWith
from portal.usecases import auto_renewal_charges, wallets
from portal.usecases.audit import audit
from portal.usecases.wallets import Why
from portal.wiring import Services
from tests.conftest import Clock
from tests.spread import every_database
from tests.usecases.renewing import Days, renewing


def saving(services: Services, clock: Clock, cents: int, *, mailboxes: int = 1) -> Days:
    """Return mailboxes that are renewed from credit first, and an owner with so much of it."""
    days = renewing(services, clock, mailboxes=mailboxes)
    with services.transaction() as session:
        session.execute(update(RenewsWith).values(credit_first=True))
        if cents:
            why = Why(PostingKind.ADJUSTMENT, "a gift")
            gift = LedgerAccount.ADJUSTMENTS
            wallets.put_in(session, days.subject, why, cents, gift, now=days.services.now())
    return days


def credit(days: Days) -> int:
    with days.services.reading() as session:
        return wallets.balance_of(session, days.subject, today=days.services.today())


def contradictions(days: Days) -> list[str]:
    with days.services.reading() as session:
        found = audit(session, today=days.services.today(), now=days.services.now())
        return [f"{each.check}: {each.what}" for each in found]


@pytest.mark.parametrize(
    ("cents", "left", "paid_by"),
    [
        (1000, 390, PaymentMethod.CREDIT),
        (610, 0, PaymentMethod.CREDIT),
        (609, 609, PaymentMethod.CARD),
        (0, 0, PaymentMethod.CARD),
    ],
)
def test_credit_pays_all_of_it_or_nothing(
    services: Services, clock: Clock, cents: int, left: int, paid_by: PaymentMethod
) -> None:
    days = saving(services, clock, cents)

    days.before(7)

    (order,) = days.orders()
    assert (order.state, order.payment_method) == (OrderState.FULFILLED, paid_by)
    assert (credit(days), days.payments()) == (left, 1)
    assert days.states() == [CycleState.DONE]
    assert len(days.attempts()) == (0 if paid_by is PaymentMethod.CREDIT else 1)
    assert contradictions(days) == []


def test_credit_that_comes_between_two_tries_pays(services: Services, clock: Clock) -> None:
    days = saving(services, clock, 0)
    days.decline()
    days.before(6)
    assert days.states() == [CycleState.RETRY]
    with days.services.transaction() as session:
        why = Why(PostingKind.ADJUSTMENT, "topped up")
        adjustments = LedgerAccount.ADJUSTMENTS
        wallets.put_in(session, days.subject, why, 700, adjustments, now=days.services.now())

    days.before(5)

    assert days.states() == [CycleState.DONE]
    assert credit(days) == 90


def test_without_the_option_credit_is_left_alone(services: Services, clock: Clock) -> None:
    days = saving(services, clock, 1000)
    with services.transaction() as session:
        session.execute(update(RenewsWith).values(credit_first=False))

    days.before(7)

    assert (credit(days), [order.payment_method for order in days.orders()]) == (1000, [PaymentMethod.CARD])


def test_above_the_limit_credit_is_not_taken_either(services: Services, clock: Clock) -> None:
    days = saving(services, clock, 1000)
    with services.transaction() as session:
        session.execute(update(RenewsWith).values(maximum_cents=600))

    days.before(6)

    assert credit(days) == 1000
    assert days.cycles()[0].ended_by is CycleEnd.OVER_MAXIMUM


def ready_to_charge(services: Services, clock: Clock, cents: int, mailboxes: int) -> Days:
    days = saving(services, clock, cents, mailboxes=mailboxes)
    days.before(8)
    days.clock.forward(days=1)
    return days


def all_at_once(acts: list[Callable[[], object]]) -> None:
    gate = Barrier(len(acts))

    def act(one: Callable[[], object]) -> None:
        gate.wait()
        one()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(act, acts))


def charges(days: Days) -> list[Callable[[], object]]:
    def one(cycle_id: int) -> Callable[[], object]:
        def begin() -> None:
            with days.services.transaction() as session:
                auto_renewal_charges.begin_charge(session, cycle_id, now=days.services.now())

        return begin

    return [one(cycle.id) for cycle in days.cycles()]


@every_database
def test_of_many_charges_at_once_credit_pays_as_many_as_it_can(services: Services, clock: Clock) -> None:
    days = ready_to_charge(services, clock, 3 * 610 + 5, 8)

    all_at_once(charges(days))

    methods = sorted(order.payment_method for order in days.orders())
    assert methods == [PaymentMethod.CARD] * 5 + [PaymentMethod.CREDIT] * 3
    assert (credit(days), len(days.attempts())) == (5, 5)


@every_database
def test_the_same_charge_twice_at_once_takes_credit_once(services: Services, clock: Clock) -> None:
    days = ready_to_charge(services, clock, 5000, 1)

    all_at_once(charges(days) * 6)

    assert (credit(days), days.payments(), days.attempts()) == (5000 - 610, 1, [])


def test_without_the_wallets_lock_credit_would_be_spent_twice(
    services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what keeps many charges apart is the lock together with what each lot still holds."""
    days = ready_to_charge(services, clock, 610, 2)
    monkeypatch.setattr(ledger, "take_of_lot", lambda *_args: True)
    monkeypatch.setattr(ledger, "move_balance", lambda *_args: True)

    for charge in charges(days):
        charge()

    assert contradictions(days) != []


@pytest.mark.parametrize("method", [PaymentMethod.BANK_TRANSFER, PaymentMethod.POSTAL_SLIP])
def test_an_order_to_be_paid_by_transfer_or_slip_is_not_charged(
    services: Services, clock: Clock, method: PaymentMethod
) -> None:
    """The customer has chosen another way: a charge would come on top of money on its way."""
    days = renewing(services, clock)
    days.before(15)
    with services.transaction() as session:
        session.execute(update(Order).values(payment_method=method))

    days.before(0)
    assert (days.attempts(), days.payments()) == ([], 0)

    days.before(-1)
    assert [(cycle.state, cycle.ended_by) for cycle in days.cycles()] == [
        (CycleState.FAILED, CycleEnd.TOO_LATE)
    ]
    with services.reading() as session:
        assert session.scalars(select(Mailbox.auto_renewal)).all() == [True]
