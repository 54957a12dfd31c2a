"""Unpaid orders lapse with their mailboxes, never before, and late money is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.letters import render
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.usecases.payments import Outcome, UnappliedReason, register_payment
from portal.usecases.stale_orders import expire_stale
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.statements import counted
from tests.usecases.test_notices import AROUND

GRACE = 90
NUMBER = new_order_number(bytes(RANDOM_BYTES))


def place(services: Services, *expiries: int, number: str = NUMBER, **fields: object) -> None:
    with services.transaction() as session:
        account = make_account(session)
        boxes = [make_mailbox(session, account, expires_in=days) for days in expiries]
        make_order(session, boxes, number=number, **fields)


def expire(services: Services, today: date = TODAY, limit: int = 500) -> int:
    with services.transaction() as session:
        return expire_stale(session, today=today, now=NOW, limit=limit)


def states(services: Services) -> list[OrderState]:
    with services.reading() as session:
        return list(session.scalars(select(Order.state).order_by(Order.id)))


@pytest.mark.parametrize(
    ("expiries", "expired"),
    [
        ([-GRACE - 1], True),
        ([-GRACE], False),  # the last day to renew
        ([-GRACE - 1, -GRACE - 5], True),
        ([-GRACE - 1, -GRACE], False),
        ([10], False),
    ],
)
def test_an_order_lapses_with_the_last_of_its_mailboxes(
    services: Services, expiries: list[int], expired: bool
) -> None:
    place(services, *expiries)

    assert expire(services) == int(expired)
    assert states(services) == [OrderState.EXPIRED if expired else OrderState.AWAITING_PAYMENT]


def test_a_termination_counts_as_well(services: Services) -> None:
    place(services, 100)
    with services.transaction() as session:
        session.execute(update(Mailbox).values(cancelled_on=TODAY))

    assert expire(services, TODAY - timedelta(days=1)) == 0
    assert expire(services) == 1


@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.AWAITING_PAYMENT])
def test_only_unpaid_orders_lapse(services: Services, state: OrderState) -> None:
    place(services, -GRACE - 1, state=state)

    assert expire(services) == 0
    assert states(services) == [state]


def test_it_lets_go_of_the_mailboxes_and_tells_once(services: Services) -> None:
    place(services, -GRACE - 1)

    for _ in range(2):
        expire(services)

    with services.reading() as session:
        assert not any(session.scalars(select(OrderLine.is_open)))
        mails = session.scalars(select(Mail)).all()
        assert session.scalars(select(Order.closed_at)).one() == NOW
    assert {mail.kind for mail in mails} == {"order_expired"}
    assert len(mails) == len({mail.recipient for mail in mails})


def test_money_that_comes_later_is_kept(services: Services) -> None:
    place(services, -GRACE - 1)
    expire(services)

    with services.transaction() as session:
        settlement = register_payment(session, NUMBER, 610, TODAY, PaymentMethod.BANK_TRANSFER, "T", now=NOW)

    assert settlement.outcome is Outcome.UNAPPLIED
    assert settlement.payment.unapplied_reason == UnappliedReason.ORDER_EXPIRED


@pytest.mark.parametrize(("days", "expired"), [(-1, True), (0, False), (1, False), (None, False)])
def test_a_promotions_price_is_held_to_its_last_day(
    services: Services, days: int | None, expired: bool
) -> None:
    until = None if days is None else TODAY + timedelta(days=days)
    place(services, 10, 20, payable_until=until)

    assert expire(services) == int(expired)
    assert states(services) == [OrderState.EXPIRED if expired else OrderState.AWAITING_PAYMENT]


@pytest.mark.parametrize(
    ("expiry", "said", "unsaid"),
    [
        (10, "Il prezzo in promozione si poteva pagare fino al", "cancellata"),
        (-GRACE - 1, "Questa casella è stata cancellata", "promozione"),
    ],
)
def test_the_mail_says_why_it_lapsed(services: Services, expiry: int, said: str, unsaid: str) -> None:
    place(services, expiry, payable_until=TODAY - timedelta(days=1))
    expire(services)

    with services.reading() as session:
        mail = session.scalars(select(Mail).order_by(Mail.id)).first()
        assert mail is not None
        letter = render(mail.kind, "it", mail.context, AROUND)
    for body in (letter.text, letter.html):
        assert said in body
        assert unsaid not in body


def test_money_for_a_price_no_longer_held_is_kept(services: Services) -> None:
    place(services, 10, payable_until=TODAY - timedelta(days=1))
    expire(services)

    with services.transaction() as session:
        settlement = register_payment(session, NUMBER, 610, TODAY, PaymentMethod.BANK_TRANSFER, "T", now=NOW)

    assert settlement.payment.unapplied_reason == UnappliedReason.ORDER_EXPIRED


def test_many_are_done_in_portions(services: Services) -> None:
    for place_number in range(1, 6):
        place(services, -GRACE - 1, number=new_order_number(bytes([place_number] * RANDOM_BYTES)))

    assert [expire(services, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_nothing_stale_costs_few_statements(services: Services) -> None:
    place(services, *range(1, 40))

    with counted(services.engine) as statements:
        expire(services)

    assert len(statements) <= 4
