"""«Annulla»: free at once, once, and only while nothing was paid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import NotFound, OrderNotCancellable
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.usecases import orders, renewals
from portal.usecases.payments import Outcome, register_payment
from portal.wiring import Services
from tests.factories import make_account
from tests.usecases.carts import Cart, choose_transfer, fill_cart, place


def ordered(services: Services) -> tuple[Cart, Order]:
    cart = fill_cart(services, {}, {})
    choose_transfer(services, cart)
    return cart, place(services, cart)


def cancel(services: Services, subject: Subject, number: str) -> Order:
    with services.transaction() as session:
        return orders.cancel_order(session, subject, number, now=services.now())


def test_cancelling_frees_the_mailboxes_at_once(services: Services) -> None:
    cart, order = ordered(services)

    cancelled = cancel(services, cart.subject, order.number)

    assert (cancelled.state, cancelled.closed_at) == (OrderState.CANCELLED, services.now())
    with services.reading() as session:
        assert not any(session.scalars(select(OrderLine.is_open)))
    with services.transaction() as session:
        again = renewals.begin(
            session, cart.subject, cart.addresses[0], today=services.today(), now=services.now()
        )
    assert again != cart.draft


def test_the_customer_is_told_once(services: Services) -> None:
    cart, order = ordered(services)

    for _ in range(2):
        cancel(services, cart.subject, order.number)

    with services.reading() as session:
        kinds = list(session.scalars(select(Mail.kind)))
        recipients = list(session.scalars(select(Mail.recipient).where(Mail.kind == "order_cancelled")))
    assert kinds.count("order_cancelled") == len(set(recipients)) == len(recipients)


def test_what_is_paid_cannot_be_cancelled(services: Services) -> None:
    cart, order = ordered(services)
    pay(services, order)

    with pytest.raises(OrderNotCancellable) as refused:
        cancel(services, cart.subject, order.number)

    assert refused.value.state is OrderState.PAID


def test_money_for_a_cancelled_order_is_kept_apart(services: Services) -> None:
    cart, order = ordered(services)
    cancel(services, cart.subject, order.number)

    assert pay(services, order) is Outcome.UNAPPLIED


def pay(services: Services, order: Order) -> Outcome:
    with services.transaction() as session:
        return register_payment(
            session,
            order.number,
            order.due_cents,
            services.today() + timedelta(days=1),
            PaymentMethod.BANK_TRANSFER,
            "TRN-1",
            now=services.now(),
        ).outcome


def test_a_strangers_order_does_not_exist(services: Services) -> None:
    _, order = ordered(services)
    with services.transaction() as session:
        stranger = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)

    with pytest.raises(NotFound):
        cancel(services, stranger, order.number)
