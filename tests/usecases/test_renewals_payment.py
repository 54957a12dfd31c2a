"""«Pagamento»: which mailboxes the money of a transfer reaches in time."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.errors import PaymentTooLate
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.usecases import draft_payments
from portal.usecases.draft_payments import MethodOffer
from portal.usecases.renewal_steps import Step, first_open
from portal.wiring import Services
from tests.statements import counted
from tests.usecases.carts import USUAL, Cart, choose_transfer, fill_cart, look, people

GRACE = 90


def transfer(services: Services, cart: Cart, calendar: BankCalendar = USUAL) -> MethodOffer:
    with services.reading() as session:
        step = draft_payments.look_at_payment(
            session, cart.subject, cart.draft, today=services.today(), calendar=calendar
        )
    return next(offer for offer in step.methods if offer.method is PaymentMethod.BANK_TRANSFER)


def test_a_transfer_takes_one_to_three_working_days(services: Services) -> None:
    offer = transfer(services, fill_cart(services, {}))

    assert offer.method is PaymentMethod.BANK_TRANSFER
    assert (offer.earliest, offer.latest) == (date(2026, 11, 25), date(2026, 11, 27))
    assert not offer.late
    assert not offer.too_late


def test_holidays_make_it_slower(services: Services) -> None:
    calendar = BankCalendar(frozenset({date(2026, 11, 26), date(2026, 11, 27)}))

    assert transfer(services, fill_cart(services, {}), calendar).latest == date(2026, 12, 1)


def test_the_first_mailbox_to_be_late_is_named(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": 2}, {"expires_in": 1}, {"expires_in": 3})

    offer = transfer(services, cart)

    assert offer.late_count == 2
    assert offer.late[0].first_address == cart.addresses[1]


def test_mailboxes_already_suspended_are_told_apart(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": -3}, {"expires_in": -50}, {"expires_in": 0}, {})

    offer = transfer(services, cart)

    assert [group.first_address for group in offer.suspended] == [cart.addresses[1], cart.addresses[0]]
    assert [group.first_address for group in offer.late] == [cart.addresses[2]]


@pytest.mark.parametrize(("days_left", "too_late"), [(2, True), (3, True), (4, False)])
def test_money_that_may_come_on_the_last_day_is_too_late(
    services: Services, days_left: int, too_late: bool
) -> None:
    cart = fill_cart(services, {"expires_in": days_left - GRACE}, {})

    offer = transfer(services, cart)

    assert offer.too_late_count == int(too_late)
    assert list(offer.too_late_addresses) == (cart.addresses[:1] if too_late else [])


def test_a_termination_shortens_the_grace(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": -1, "cancelled_on": date(2026, 11, 27)})

    assert transfer(services, cart).too_late_count == 1


def test_a_method_that_is_too_slow_cannot_be_chosen(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": 1 - GRACE}, {})

    with pytest.raises(PaymentTooLate) as refused:
        choose_transfer(services, cart)

    assert refused.value.last_day_to_renew == date(2026, 11, 25)
    assert look(services, cart).facts.payment_method is None


def test_leaving_out_what_cannot_wait_opens_the_way(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": 1 - GRACE}, {"expires_in": 2 - GRACE}, {})

    with services.transaction() as session:
        count = draft_payments.leave_out_too_late(
            session,
            cart.subject,
            cart.draft,
            today=services.today(),
            now=services.now(),
            calendar=USUAL,
        )
    choose_transfer(services, cart)

    assert count == 2
    assert look(services, cart).totals.in_draft == 1


def test_nobody_skips_a_step(services: Services) -> None:
    fit = fill_cart(services, {})
    assert first_open(Step.CONFIRM, look(services, fit)) is Step.DATA
    assert first_open(Step.CONFIRM, look(services, fit), people(services, fit)) is Step.PAYMENT
    assert first_open(Step.PAYMENT, look(services, fit), people(services, fit)) is Step.PAYMENT
    choose_transfer(services, fit)
    assert first_open(Step.CONFIRM, look(services, fit), people(services, fit)) is Step.CONFIRM


def test_what_is_to_fix_keeps_the_first_step_open(services: Services) -> None:
    cart = fill_cart(services, {"mailbox_used_mb": 5000})

    assert first_open(Step.CONFIRM, look(services, cart)) is Step.PLAN


def test_fifty_expiries_are_judged_in_three_statements(services: Services) -> None:
    cart = fill_cart(services, *({"expires_in": 5 + number} for number in range(50)))

    with counted(services.engine) as sent:
        transfer(services, cart)

    assert len(sent) == 3
