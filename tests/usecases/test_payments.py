"""Settling money: exactly what is due pays, everything else is kept, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.outbox import OutboxRow
from portal.store.payments import Payment
from portal.usecases import payments
from portal.usecases.payments import Money, Outcome, Settlement, UnappliedReason, settle
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.spread import every_database

NUMBER = new_order_number(bytes(range(RANDOM_BYTES)))
OTHER_NUMBER = new_order_number(bytes(range(1, RANDOM_BYTES + 1)))


def place(services: Services, *, number: str = NUMBER, mailboxes: int = 1, **fields: Any) -> int:
    """Store an order over some mailboxes, by default unpaid: 6.10 euros a mailbox; return its id."""
    with services.transaction() as session:
        account = make_account(session)
        boxes = [make_mailbox(session, account) for _ in range(mailboxes)]
        return make_order(session, boxes, number=number, **fields).id


def money(**fields: Any) -> Money:
    values: dict[str, Any] = {
        "number": NUMBER,
        "amount_cents": 610,
        "paid_on": TODAY,
        "method": PaymentMethod.BANK_TRANSFER,
        "reference": "TRN-1",
    }
    return Money(**values | fields)


def pay(services: Services, **fields: Any) -> Settlement:
    with services.transaction() as session:
        return settle(session, money(**fields), now=NOW)


def rows(services: Services, kind: str) -> list[OutboxRow]:
    with services.reading() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def order_of(services: Services, order_id: int) -> Order:
    with services.reading() as session:
        return session.get_one(Order, order_id)


def mails(services: Services) -> list[Mail]:
    with services.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def test_the_exact_amount_pays_the_order(services: Services) -> None:
    order_id = place(services, mailboxes=3)

    settlement = pay(services, amount_cents=1830)

    order = order_of(services, order_id)
    assert settlement.outcome is Outcome.APPLIED
    assert (order.state, order.paid_at) == (OrderState.PAID, NOW)
    assert (settlement.payment.state, settlement.payment.order_id) == (PaymentState.REGISTERED, order_id)


def test_each_line_of_a_paid_order_is_work_for_a_worker(services: Services) -> None:
    place(services, mailboxes=3)

    pay(services, amount_cents=1830)

    work = rows(services, "platform.renew")
    assert len(work) == 3
    assert all(row.key == f"platform.renew:{row.payload['order_line_id']}" for row in work)


def test_the_customer_hears_of_slow_work_after_ten_minutes(services: Services) -> None:
    place(services)

    pay(services)

    (row,) = rows(services, "order.progress")
    assert row.not_before == NOW + timedelta(minutes=10)
    assert mails(services) == []


def test_the_number_is_read_as_people_write_it(services: Services) -> None:
    place(services)

    settlement = pay(services, number=f" {NUMBER[:4].lower()}-{NUMBER[4:]} ")

    assert settlement.outcome is Outcome.APPLIED


def test_a_card_payment_has_succeeded_where_a_transfer_is_registered(services: Services) -> None:
    place(services)

    assert pay(services, method=PaymentMethod.CARD).payment.state is PaymentState.SUCCEEDED


def test_under_split_payment_the_net_is_due(services: Services) -> None:
    place(services, split_payment=True, due_cents=500)

    assert pay(services, amount_cents=500).outcome is Outcome.APPLIED


@pytest.mark.parametrize(
    ("state", "fields", "reason"),
    [
        (OrderState.AWAITING_PAYMENT, {"amount_cents": 609}, UnappliedReason.WRONG_AMOUNT),
        (OrderState.AWAITING_PAYMENT, {"amount_cents": 611}, UnappliedReason.WRONG_AMOUNT),
        (OrderState.AWAITING_PAYMENT, {"currency": "CHF"}, UnappliedReason.WRONG_CURRENCY),
        (OrderState.CANCELLED, {}, UnappliedReason.ORDER_CANCELLED),
        (OrderState.EXPIRED, {}, UnappliedReason.ORDER_EXPIRED),
        (OrderState.PAID, {}, UnappliedReason.ALREADY_PAID),
        (OrderState.FULFILLED, {}, UnappliedReason.ALREADY_PAID),
        (OrderState.CREDITED, {}, UnappliedReason.ALREADY_PAID),
    ],
)
def test_money_that_does_not_fit_is_kept_and_told(
    services: Services, state: OrderState, fields: dict[str, Any], reason: UnappliedReason
) -> None:
    order_id = place(services, state=state)

    settlement = pay(services, **fields)

    assert settlement.outcome is Outcome.UNAPPLIED
    assert (settlement.payment.state, settlement.payment.unapplied_reason) == (PaymentState.UNAPPLIED, reason)
    assert order_of(services, order_id).state is state
    assert rows(services, "platform.renew") == []
    assert [mail.kind for mail in mails(services)] == ["order_credited"] * 2


@pytest.mark.parametrize("number", [OTHER_NUMBER, "not a number", "", "K" * 500])
def test_money_for_an_unknown_order_is_kept(services: Services, number: str) -> None:
    order_id = place(services)

    settlement = pay(services, number=number)

    assert settlement.payment.unapplied_reason == UnappliedReason.UNKNOWN_ORDER
    assert (settlement.order, settlement.payment.order_id) == (None, None)
    assert order_of(services, order_id).state is OrderState.AWAITING_PAYMENT
    assert mails(services) == []


@pytest.mark.parametrize("second", [{}, {"amount_cents": 99}, {"number": OTHER_NUMBER}])
def test_the_same_money_again_returns_the_first_result(services: Services, second: dict[str, Any]) -> None:
    order_id = place(services)
    first = pay(services)

    again = pay(services, **second)

    assert again.outcome is Outcome.REPEATED
    assert again.payment.id == first.payment.id
    assert again.order is not None
    assert again.order.id == order_id
    assert len(rows(services, "platform.renew")) == 1
    assert mails(services) == []


def test_a_second_payment_of_a_paid_order_is_owed_back(services: Services) -> None:
    place(services)
    pay(services)

    settlement = pay(services, reference="TRN-2")

    assert settlement.payment.unapplied_reason == UnappliedReason.ALREADY_PAID


def test_another_vat_rate_on_the_day_of_payment_is_flagged(services: Services) -> None:
    place(services)

    settlement = pay(services, paid_on=date(2013, 9, 30))

    assert settlement.outcome is Outcome.APPLIED
    assert settlement.payment.vat_rate_differs


def test_the_same_vat_rate_is_not_flagged(services: Services) -> None:
    place(services)

    assert not pay(services).payment.vat_rate_differs


def test_unapplied_money_is_listed_with_the_order_it_named(services: Services) -> None:
    order_id = place(services)
    pay(services, amount_cents=1)
    pay(services, number="?", reference="TRN-2")

    with services.reading() as session:
        listed = payments.unapplied_payments(session, limit=10)

    assert [(payment.reference, order and order.id) for payment, order in listed] == [
        ("TRN-2", None),
        ("TRN-1", order_id),
    ]


def at_once(count: int, act: Callable[[int], None]) -> None:
    """Run the same thing in `count` threads that start at the same instant."""
    barrier = Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        act(number)

    threads = [Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@every_database
def test_of_payments_at_the_same_instant_one_pays(services: Services) -> None:
    place(services)
    outcomes: list[Outcome] = []

    at_once(6, lambda number: outcomes.append(pay(services, reference=f"TRN-{number}").outcome))

    assert sorted(outcomes) == [Outcome.APPLIED] + [Outcome.UNAPPLIED] * 5
    assert len(rows(services, "platform.renew")) == 1


@every_database
@pytest.mark.parametrize("number", [NUMBER, "?"])
def test_the_same_money_from_two_sides_at_once_is_kept_once(services: Services, number: str) -> None:
    place(services)
    outcomes: list[Outcome] = []

    at_once(6, lambda _: outcomes.append(pay(services, number=number).outcome))

    assert outcomes.count(Outcome.REPEATED) == 5
    with services.reading() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1


@every_database
def test_without_the_lock_several_payments_would_pay(services: Services) -> None:
    """The negative control of the race above: looking without a lock lets several through."""
    order_id = place(services)
    looked = Barrier(6)
    paid: list[int] = []

    def pay_carelessly(number: int) -> None:
        with services.reading() as session:
            payable = session.get_one(Order, order_id).state is OrderState.AWAITING_PAYMENT
        looked.wait()
        with services.transaction() as session:
            if payable:
                session.get_one(Order, order_id).state = OrderState.PAID
                paid.append(number)

    at_once(6, pay_carelessly)

    assert len(paid) == 6


def test_paying_takes_the_same_few_statements_however_many_lines(services: Services) -> None:
    place(services)
    place(services, number=OTHER_NUMBER, mailboxes=40)

    few = count_statements(services, lambda session: settle(session, money(), now=NOW))
    many = count_statements(
        services,
        lambda session: settle(
            session, money(number=OTHER_NUMBER, amount_cents=24_400, reference="TRN-2"), now=NOW
        ),
    )

    assert len(rows(services, "platform.renew")) == 41
    assert few == many <= 12


def count_statements(services: Services, act: Callable[[Session], object]) -> int:
    """Return how many statements the act sent."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(services.engine, "before_cursor_execute", note)
    with services.transaction() as session:
        act(session)
    event.remove(services.engine, "before_cursor_execute", note)
    return len(sent)
