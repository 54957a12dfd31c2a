"""What the page of an ended order knows: what can be renewed again, and what became of late money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import leftover_expires_on
from portal.domain.order_numbers import new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.store import order_queries
from portal.usecases import order_pages
from portal.usecases.order_pages import OrderPage
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.spread import every_database

NUMBER = new_order_number(bytes(9))


def look(services: Services, subject: Subject) -> OrderPage:
    with services.reading() as session:
        return order_pages.look_at_order(session, subject, NUMBER, today=TODAY, calendar=BankCalendar())


@every_database
def test_an_ended_order_knows_what_is_left_of_it(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        boxes = [make_mailbox(session, account, expires_in=days) for days in (30, 60, -200)]
        closed = {"state": OrderState.CANCELLED, "closed_at": NOW}
        order = make_order(session, boxes, number=NUMBER, placed_at=NOW - timedelta(days=1), **closed)
        order_queries.close_lines(session, order.id, NOW)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        kept = min(boxes[0].address, boxes[1].address)
    with services.transaction() as session:
        register_payment(session, NUMBER, 610, TODAY, PaymentMethod.BANK_TRANSFER, "TRN 1", now=NOW)

    page = look(services, subject)

    assert page.renewable == (2, kept)
    assert page.credit_until == {page.unapplied[0].id: leftover_expires_on(TODAY)}


@pytest.mark.parametrize("state", [OrderState.AWAITING_PAYMENT, OrderState.PAID])
def test_an_order_that_goes_on_is_not_to_be_renewed_again(services: Services, state: OrderState) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_order(session, [make_mailbox(session, account)], number=NUMBER, state=state)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)

    assert look(services, subject).renewable == (0, "")
