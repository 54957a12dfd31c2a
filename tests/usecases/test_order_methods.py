"""«Cambia metodo»: only while money is awaited, in time, and never under a payment that comes meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit_errors import PaymentUnderWay
from portal.domain.errors import NotFound, OrderNotPayable
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.store.attempts import PaymentAttempt
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.usecases import order_methods
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.spread import every_database

NUMBER = new_order_number(bytes(RANDOM_BYTES))
SLIP = PaymentMethod.POSTAL_SLIP


@pytest.fixture
def subject(services: Services) -> Subject:
    with services.transaction() as session:
        account = make_account(session)
        make_order(session, [make_mailbox(session, account)], number=NUMBER)
        return Subject(SubjectKind.ACCOUNT, account_id=account.id)


def change(services: Services, subject: Subject, method: PaymentMethod = SLIP) -> None:
    with services.transaction() as session:
        order_methods.change_method(session, subject, NUMBER, method, calendar=BankCalendar(), now=NOW)


def pay(services: Services) -> None:
    with services.transaction() as session:
        register_payment(session, NUMBER, 610, TODAY, PaymentMethod.BANK_TRANSFER, "TRN", now=NOW)


def order(services: Services) -> Order:
    with services.reading() as session:
        return session.scalars(select(Order)).one()


def test_the_new_method_is_kept_and_written(services: Services, subject: Subject) -> None:
    for _ in range(2):
        change(services, subject)

    with services.reading() as session:
        mails = session.scalars(select(Mail)).all()
    assert order(services).payment_method is SLIP
    assert {mail.kind for mail in mails} == {"order_confirmation"}
    assert all(mail.context["method"] == SLIP for mail in mails)
    assert all(mail.context["method_changed"] for mail in mails)
    assert len(mails) == len({mail.recipient for mail in mails})


def test_the_same_method_writes_nothing(services: Services, subject: Subject) -> None:
    change(services, subject, PaymentMethod.BANK_TRANSFER)

    with services.reading() as session:
        assert session.scalars(select(Mail)).all() == []


def test_a_paid_order_keeps_its_method(services: Services, subject: Subject) -> None:
    pay(services)

    with pytest.raises(OrderNotPayable):
        change(services, subject)


def test_under_an_open_attempt_nothing_changes(services: Services, subject: Subject) -> None:
    with services.transaction() as session:
        session.add(
            PaymentAttempt(
                order_id=session.scalars(select(Order.id)).one(),
                reference="p-1",
                method=PaymentMethod.CARD,
                gateway="simulated",
                amount_cents=610,
                opened_at=NOW,
            )
        )

    with pytest.raises(PaymentUnderWay):
        change(services, subject)
    change(services, subject, PaymentMethod.CARD)


def test_a_strangers_order_does_not_exist(services: Services, subject: Subject) -> None:
    with services.transaction() as session:
        stranger = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)

    with pytest.raises(NotFound):
        change(services, stranger)


def race(services: Services, subject: Subject, looked: Event, paid: Event) -> None:
    """Change the method while a payment is registered between looking and writing, if nothing prevents it."""

    def changing() -> None:
        with contextlib.suppress(OrderNotPayable):
            change(services, subject)

    def paying() -> None:
        looked.wait(5)
        pay(services)
        paid.set()

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(changing), pool.submit(paying)]
    for each in done:
        each.result()


def pausing(
    true: Callable[[Session, Order], None], looked: Event, paid: Event, seconds: float
) -> Callable[[Session, Order], None]:
    """Let the payment come right after the order was found undeclared and payable."""

    def check(session: Session, found: Order) -> None:
        true(session, found)
        looked.set()
        paid.wait(seconds)

    return check


@every_database
def test_a_payment_waits_until_the_method_is_changed(
    services: Services, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, paid = Event(), Event()
    true = order_methods.declarations.check_undeclared
    monkeypatch.setattr(order_methods.declarations, "check_undeclared", pausing(true, looked, paid, 0.5))

    race(services, subject, looked, paid)

    found = order(services)
    assert (found.state, found.payment_method) == (OrderState.PAID, SLIP)
    assert not_overtaken(services)


def not_overtaken(services: Services) -> bool:
    """Say whether nobody was told how to pay an order that was paid before."""
    with services.reading() as session:
        told = session.scalars(select(Mail.id).where(Mail.kind == "order_confirmation")).all()
        received = session.scalars(select(Order.paid_at)).one()
    return bool(told) and received is not None


@every_database
def test_without_the_lock_a_paid_order_changes(
    services: Services, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: whoever does not lock overtakes the payment."""
    if services.engine.dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE serialises even the forgetful")
    looked, paid = Event(), Event()
    true = order_methods.declarations.check_undeclared
    monkeypatch.setattr(order_methods.declarations, "check_undeclared", pausing(true, looked, paid, 5))
    monkeypatch.setattr(
        order_methods.order_facts, "locked_order", lambda session, order_id: session.get_one(Order, order_id)
    )

    race(services, subject, looked, paid)

    assert paid.is_set()  # the payment came between
    assert order(services).payment_method is SLIP
