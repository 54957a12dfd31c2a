"""Withdrawing: what is refunded, where mailboxes go back to, and races with the renewal itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.domain.access import Subject, SubjectKind
from portal.domain.customers import CustomerKind
from portal.domain.errors import NotFound, StartNotRequested, WithdrawalNotPossible, WithdrawalNotRefundable
from portal.domain.orders import LineState, OrderState
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.domain.withdrawal import NoWithdrawal, WithdrawalState
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine, Renewal
from portal.store.outbox import OutboxRow
from portal.store.scheduled_changes import ChangeState, ScheduledChange
from portal.store.withdrawals import Withdrawal
from portal.usecases import fulfilment, payments, refunds, renewals, withdrawal_effects, withdrawals
from portal.usecases.line_tasks import LineTask
from portal.usecases.withdrawals import Declaration
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import TODAY, make_holder, make_order
from tests.spread import every_database
from tests.usecases.carts import Cart, agreement, change, choose_transfer, fill_cart, place

DECLARATION = Declaration("Mario Rossi", "mario@posta.example", "192.0.2.9")


def ordered(services: Services, *each: dict[str, Any], **choice: Any) -> tuple[Cart, Order]:
    cart = fill_cart(services, *(each or ({},)))
    if choice:
        change(services, cart, **choice)
    choose_transfer(services, cart)
    return cart, place(services, cart)


def pay(services: Services, order: Order) -> None:
    with services.transaction() as session:
        payments.register_payment(
            session,
            order.number,
            order.due_cents,
            services.today(),
            PaymentMethod.BANK_TRANSFER,
            f"TRN {order.number}",
            now=services.now(),
        )


def lines_of(services: Services, order: Order) -> list[OrderLine]:
    with services.reading() as session:
        return list(
            session.scalars(
                select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
            )
        )


def renew(services: Services, *line_ids: int) -> list[LineTask]:
    """Do what a worker does for each line; return its tasks."""
    with services.transaction() as session:
        tasks = list(fulfilment.begin_renewals(session, line_ids, now=services.now()).values())
    for task in tasks:
        with services.transaction() as session:
            if task.order is not None:
                fulfilment.complete_renewal(session, task.line_id, task.order, now=services.now())
            elif task.refusal is not None:
                fulfilment.refuse_renewal(session, task.line_id, task.refusal, now=services.now())
    return tasks


def take_back(services: Services, order: Order) -> list[LineTask]:
    """Do what a worker does to take an order's lines back; return its tasks."""
    ids = [line.id for line in lines_of(services, order)]
    with services.transaction() as session:
        tasks = list(withdrawal_effects.begin_withdrawals(session, ids, now=services.now()).values())
    for task in tasks:
        if not task.must_wait:
            with services.transaction() as session:
                withdrawal_effects.complete_withdrawal(session, task.line_id, now=services.now())
    return tasks


def fulfilled(services: Services, *each: dict[str, Any], **choice: Any) -> tuple[Cart, Order]:
    cart, order = ordered(services, *each, **choice)
    pay(services, order)
    renew(services, *(line.id for line in lines_of(services, order)))
    return cart, order


def withdraw(services: Services, cart: Cart, order: Order) -> Withdrawal:
    with services.transaction() as session:
        return withdrawals.withdraw(session, cart.subject, order.number, DECLARATION, now=services.now())


def state(services: Services, order: Order) -> tuple[OrderState, set[LineState], WithdrawalState]:
    with services.reading() as session:
        found = session.get_one(Order, order.id)
        withdrawal = session.scalars(select(Withdrawal).where(Withdrawal.order_id == order.id)).one()
        return found.state, {line.state for line in lines_of(services, order)}, withdrawal.state


def mailbox(services: Services, box: Mailbox) -> Mailbox:
    with services.reading() as session:
        return session.get_one(Mailbox, box.id)


def test_an_unpaid_order_is_simply_cancelled(services: Services) -> None:
    cart, order = ordered(services)

    found = withdraw(services, cart, order)

    assert (found.refund_cents, found.kept_cents) == (0, 0)
    assert state(services, order) == (OrderState.CANCELLED, {LineState.WAITING}, WithdrawalState.EFFECTIVE)
    assert not any(line.is_open for line in lines_of(services, order))


def test_before_the_term_begins_everything_goes_back(services: Services, clock: Clock) -> None:
    cart, order = fulfilled(services, {}, {})
    clock.forward(days=13)

    found = withdraw(services, cart, order)
    told = take_back(services, order)

    assert (found.refund_cents, found.kept_cents) == (order.due_cents, 0)
    assert [task.order.expires_on for task in told if task.order] == [
        TODAY + timedelta(days=30),
        TODAY + timedelta(days=31),
    ]
    assert state(services, order) == (
        OrderState.WITHDRAWN,
        {LineState.WITHDRAWN},
        WithdrawalState.EFFECTIVE,
    )
    assert mailbox(services, cart.mailboxes[0]).expires_on == TODAY + timedelta(days=30)
    with services.reading() as session:
        assert session.scalar(select(func.count(Renewal.id))) == 0


def test_renewed_in_suspension_the_days_enjoyed_stay(services: Services, clock: Clock) -> None:
    cart, order = fulfilled(services, {"expires_in": -10})
    clock.forward(days=4)

    found = withdraw(services, cart, order)
    (task,) = take_back(services, order)

    assert (found.refund_cents, found.kept_cents) == (610 - 9, 9)
    assert task.suspends
    assert mailbox(services, cart.mailboxes[0]).expires_on == TODAY - timedelta(days=10)


def test_without_the_request_to_begin_at_once_nothing_is_kept(services: Services, clock: Clock) -> None:
    cart, order = fulfilled(services, {"expires_in": -10})
    with services.transaction() as session:
        session.get_one(Order, order.id).start_requested = False
    clock.forward(days=4)

    assert withdraw(services, cart, order).refund_cents == 610


def test_a_suspended_mailbox_is_renewed_only_at_the_customers_request(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": -10})
    choose_transfer(services, cart)
    agreed = agreement(services, cart)

    with pytest.raises(StartNotRequested):
        place(services, cart, agreed=type(agreed)(agreed.shown, agreed.accepted, agreed.address))


def test_plan_and_space_go_back(services: Services) -> None:
    cart, order = fulfilled(services, {}, plan=Plan.PRO, mailbox_gb=2, archive_gb=1)
    assert mailbox(services, cart.mailboxes[0]).plan is Plan.PRO

    withdraw(services, cart, order)
    take_back(services, order)

    box = mailbox(services, cart.mailboxes[0])
    assert (box.plan, box.extra_mailbox_gb, box.extra_archive_gb) == (Plan.STANDARD, 0, 0)


def test_a_downgrade_that_waits_is_forgotten(services: Services) -> None:
    cart, order = fulfilled(services, {"plan": Plan.PREMIUM}, plan=Plan.PRO)

    withdraw(services, cart, order)
    take_back(services, order)

    assert mailbox(services, cart.mailboxes[0]).plan is Plan.PREMIUM
    with services.reading() as session:
        assert session.scalars(select(ScheduledChange.state)).all() == [ChangeState.OVERTAKEN]


def test_twice_is_once(services: Services) -> None:
    cart, order = fulfilled(services)

    first, second = withdraw(services, cart, order), withdraw(services, cart, order)
    take_back(services, order)
    assert take_back(services, order) == []
    third = withdraw(services, cart, order)

    assert first.id == second.id == third.id
    with services.reading() as session:
        keys = list(session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "platform.withdraw")))
        told = list(session.scalars(select(Mail.recipient).where(Mail.kind == "withdrawal_ack")))
    assert len(keys) == 1
    assert len(told) == len(set(told)) == 2
    assert DECLARATION.email in told


def test_the_same_term_can_be_bought_again(services: Services) -> None:
    cart, order = fulfilled(services)
    withdraw(services, cart, order)
    take_back(services, order)

    with services.transaction() as session:
        draft = renewals.begin(
            session, cart.subject, cart.addresses[0], today=services.today(), now=services.now()
        )
    again = Cart(cart.subject, draft, cart.mailboxes)
    choose_transfer(services, again)
    second = place(services, again)
    pay(services, second)
    renew(services, lines_of(services, second)[0].id)

    assert mailbox(services, cart.mailboxes[0]).expires_on == lines_of(services, second)[0].expires_after


@pytest.mark.parametrize("kind", [kind for kind in CustomerKind if kind is not CustomerKind.INDIVIDUAL])
def test_only_consumers_may(services: Services, kind: CustomerKind) -> None:
    with services.transaction() as session:
        holder = make_holder(session, kind=kind, business_name="Ditta")
    cart, order = fulfilled(services, {}, {"holder": holder})

    with pytest.raises(WithdrawalNotPossible) as refusal:
        withdraw(services, cart, order)

    assert refusal.value.reason is NoWithdrawal.NOT_A_CONSUMER


def test_after_the_last_day_it_is_too_late(services: Services, clock: Clock) -> None:
    cart, order = fulfilled(services)
    clock.forward(days=15)

    with pytest.raises(WithdrawalNotPossible) as refusal:
        withdraw(services, cart, order)

    assert refusal.value.reason is NoWithdrawal.TOO_LATE


def test_a_stranger_learns_nothing(services: Services) -> None:
    _, order = fulfilled(services)
    stranger = Subject(SubjectKind.MAILBOX, mailbox_id=999_999)

    with services.transaction() as session, pytest.raises(NotFound):
        withdrawals.withdraw(session, stranger, order.number, DECLARATION, now=services.now())


def test_a_mailbox_cannot_withdraw_from_its_accounts_order(services: Services) -> None:
    cart, order = fulfilled(services)
    own = Subject(SubjectKind.MAILBOX, mailbox_id=cart.mailboxes[0].id)

    with services.transaction() as session, pytest.raises(WithdrawalNotPossible) as refusal:
        withdrawals.withdraw(session, own, order.number, DECLARATION, now=services.now())

    assert refusal.value.reason is NoWithdrawal.NOT_THE_PARTY


def test_what_is_paid_and_not_begun_is_not_renewed_any_more(services: Services) -> None:
    cart, order = ordered(services, {}, {})
    pay(services, order)

    found = withdraw(services, cart, order)
    told = renew(services, *(line.id for line in lines_of(services, order)))

    assert [task.order for task in told] == [None, None]
    assert found.refund_cents == order.due_cents
    assert state(services, order) == (OrderState.WITHDRAWN, {LineState.WITHDRAWN}, WithdrawalState.EFFECTIVE)
    assert mailbox(services, cart.mailboxes[0]).expires_on == TODAY + timedelta(days=30)


def test_a_line_in_hand_is_finished_and_then_taken_back(services: Services) -> None:
    cart, order = ordered(services, {}, {})
    pay(services, order)
    first, second = (line.id for line in lines_of(services, order))
    with services.transaction() as session:
        task = fulfilment.begin_renewals(session, [first], now=services.now())[first]
    assert task.order is not None

    withdraw(services, cart, order)
    with services.transaction() as session:
        fulfilment.complete_renewal(session, first, task.order, now=services.now())
    renew(services, second)
    assert state(services, order)[0] is OrderState.FULFILLED
    take_back(services, order)

    assert state(services, order) == (OrderState.WITHDRAWN, {LineState.WITHDRAWN}, WithdrawalState.EFFECTIVE)
    assert [mailbox(services, box).expires_on for box in cart.mailboxes] == [
        TODAY + timedelta(days=30),
        TODAY + timedelta(days=31),
    ]


def test_a_renewal_of_the_same_mailbox_waits_for_its_taking_back(services: Services) -> None:
    cart, order = fulfilled(services)
    withdraw(services, cart, order)
    with services.transaction() as session:
        box = session.get_one(Mailbox, cart.mailboxes[0].id)
        later = make_order(
            session, [box], state=OrderState.PAID, paid_at=services.now(), account_id=box.account_id
        )
    (line,) = lines_of(services, later)

    (waiting,) = renew(services, line.id)
    take_back(services, order)
    renew(services, line.id)

    assert waiting.must_wait
    assert mailbox(services, cart.mailboxes[0]).expires_on == date(2027, 12, 24)


def at_once(*acts: Callable[[], object]) -> None:
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        act()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(run, acts))


@every_database
def test_withdrawal_and_renewal_at_once_leave_one_truth(services: Services) -> None:
    cart, order = ordered(services, *({} for _ in range(6)))
    pay(services, order)
    ids = [line.id for line in lines_of(services, order)]

    at_once(
        lambda: [renew(services, line_id) for line_id in ids],
        lambda: withdraw(services, cart, order),
        lambda: withdraw(services, cart, order),
    )
    renew(services, *ids)
    take_back(services, order)

    assert state(services, order) == (OrderState.WITHDRAWN, {LineState.WITHDRAWN}, WithdrawalState.EFFECTIVE)
    assert [mailbox(services, box).expires_on for box in cart.mailboxes] == [
        TODAY + timedelta(days=30 + number) for number in range(6)
    ]
    with services.reading() as session:
        assert session.scalar(select(func.count(Renewal.id))) == 0
        assert session.scalar(select(func.count(Withdrawal.id))) == 1


def test_without_the_mark_of_the_taking_back_a_term_is_lost(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: where a renewal does not see that its mailbox is being taken back, one of them is lost."""
    cart, order = fulfilled(services)
    withdraw(services, cart, order)
    monkeypatch.setattr(fulfilment.withdrawals, "mailboxes_in", lambda *_: set())
    with services.transaction() as session:
        box = session.get_one(Mailbox, cart.mailboxes[0].id)
        later = make_order(
            session, [box], state=OrderState.PAID, paid_at=services.now(), account_id=box.account_id
        )
    (line,) = lines_of(services, later)
    (old,) = lines_of(services, order)

    with services.transaction() as session:
        task = fulfilment.begin_renewals(session, [line.id], now=services.now())[line.id]
    with services.transaction() as session:
        withdrawal_effects.complete_withdrawal(session, old.id, now=services.now())
    assert task.order is not None
    with services.transaction() as session:
        fulfilment.complete_renewal(session, line.id, task.order, now=services.now())

    assert mailbox(services, cart.mailboxes[0]).expires_on != date(2027, 12, 24)


def test_a_refund_is_recorded_once(services: Services) -> None:
    cart, order = fulfilled(services)
    withdraw(services, cart, order)

    def refunded(reference: str) -> Withdrawal:
        with services.transaction() as session:
            return refunds.mark_refunded(
                session, order.number, reference, refunded_on=TODAY, now=services.now()
            )

    with pytest.raises(WithdrawalNotRefundable):
        refunded("TRN 1")
    take_back(services, order)
    assert refunded("TRN 1").state is WithdrawalState.REFUNDED
    assert refunded("TRN 1").refund_reference == "TRN 1"
    with pytest.raises(WithdrawalNotRefundable):
        refunded("TRN 2")
