"""Credit in and out: topped up once, left over, spent, lapsed; fifty who spend it at once (S37, R07)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.credit_errors import (
    CreditNotForTopUp,
    CreditTooSmall,
    PaymentUnderWay,
    TopUpOutOfRange,
)
from portal.domain.errors import DomainError, NotAllowed, NotFound, OrderNotPayable
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.domain.withdrawal import WithdrawalState
from portal.store.attempts import PaymentAttempt
from portal.store.ledger import CreditLot, LedgerEntry, LedgerPosting, Wallet
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.payments import Payment
from portal.store.withdrawals import Withdrawal
from portal.usecases import (
    credit_expiry,
    credit_payments,
    draft_payments,
    fulfilment,
    top_ups,
    wallets,
    withdrawal_effects,
    withdrawals,
)
from portal.usecases.audit import audit
from portal.usecases.credit_pages import look_at_credit
from portal.usecases.line_tasks import Refusal
from portal.usecases.payments import Money, Outcome, settle
from portal.usecases.wallets import Why
from portal.usecases.withdrawals import Declaration
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_holder, make_mailbox, make_order
from tests.races import at_once
from tests.spread import every_database
from tests.usecases.carts import USUAL, fill_cart, place

LATER = NOW + timedelta(days=400)


def account_with(session: Session, cents: int = 0, *, expires_on: date | None = None) -> Subject:
    """Return an account with so much credit."""
    subject = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)
    if cents:
        give(session, subject, cents, "gift", expires_on=expires_on)
    return subject


def give(session: Session, owner: Subject, cents: int, source: str, **fields: Any) -> None:
    why = Why(PostingKind.ADJUSTMENT, source)
    wallets.put_in(session, owner, why, cents, LedgerAccount.ADJUSTMENTS, **{"now": NOW} | fields)


def order_of(session: Session, subject: Subject, **fields: Any) -> Order:
    """Return an unpaid order of 6.10 of the account."""
    box = make_mailbox(session, account_id=subject.account_id)
    return make_order(session, [box], **{"number": number()} | fields)


def number() -> str:
    """Return a number with its check character, as money names it."""
    return new_order_number(secrets.token_bytes(RANDOM_BYTES))


def balance(services: Services, subject: Subject, today: date = TODAY) -> int:
    with services.reading() as session:
        return wallets.balance_of(session, subject, today=today)


def assert_sound(services: Services) -> None:
    with services.reading() as session:
        assert list(audit(session, today=TODAY, now=NOW)) == []


def test_a_paid_top_up_is_credit_once(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session)
        order = top_ups.place_top_up(session, subject, 2000, now=NOW)
        money = Money(order.number, 2000, TODAY, PaymentMethod.CARD, "p-1")
        settle(session, money, now=NOW)
        again = settle(session, money, now=NOW)

        assert again.outcome is Outcome.REPEATED
        assert (order.state, order.vat_cents, order.vat_rate) == (OrderState.FULFILLED, 0, 0)
        assert not again.payment.vat_rate_differs
        assert [mail.kind for mail in session.scalars(select(Mail))] == ["top_up_receipt"]
    assert balance(services, subject) == balance(services, subject, LATER.date()) == 2000
    assert_sound(services)


def test_the_same_unpaid_top_up_is_not_ordered_twice(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session)
        first, second, other = (
            top_ups.place_top_up(session, subject, cents, now=NOW).id for cents in (2000, 2000, 2100)
        )

    assert first == second != other


@pytest.mark.parametrize("cents", [499, 50_001])
def test_too_small_and_too_big_a_top_up_is_refused(services: Services, cents: int) -> None:
    with services.transaction() as session:
        subject = account_with(session)

    with pytest.raises(TopUpOutOfRange), services.transaction() as session:
        top_ups.place_top_up(session, subject, cents, now=NOW)


def test_credit_pays_an_order_whole_and_at_once(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 1000)
        order = order_of(session, subject)
        for _ in range(2):
            credit_payments.pay_from_credit(session, subject, order.number, now=NOW)

        assert (order.state, order.payment_method) == (OrderState.PAID, PaymentMethod.CREDIT)
        (payment,) = session.scalars(select(Payment)).all()
        assert (payment.state, payment.amount_cents) == (PaymentState.SUCCEEDED, 610)
    assert balance(services, subject) == 390
    assert_sound(services)


def test_too_little_credit_pays_nothing_and_says_what_is_missing(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 600)
        named = order_of(session, subject).number

    with pytest.raises(CreditTooSmall) as refused, services.transaction() as session:
        credit_payments.pay_from_credit(session, subject, named, now=NOW)

    assert refused.value.missing_cents == 10
    assert balance(services, subject) == 600
    assert_sound(services)


def top_up_order(session: Session, subject: Subject) -> Order:
    return top_ups.place_top_up(session, subject, 500, now=NOW)


def strangers_order(session: Session, _subject: Subject) -> Order:
    return order_of(session, account_with(session))


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (top_up_order, CreditNotForTopUp),
        (strangers_order, NotFound),
        (lambda session, who: order_of(session, who, state=OrderState.CANCELLED), OrderNotPayable),
        (lambda session, who: order_of(session, who, state=OrderState.PAID), OrderNotPayable),
    ],
)
def test_what_credit_does_not_pay(
    services: Services, make: Callable[[Session, Subject], Order], refusal: type[DomainError]
) -> None:
    with services.transaction() as session:
        subject = account_with(session, 5000)
        named = make(session, subject).number

    with pytest.raises(refusal), services.transaction() as session:
        credit_payments.pay_from_credit(session, subject, named, now=NOW)

    assert balance(services, subject) == 5000


def test_a_mailbox_of_another_holder_has_no_wallet(services: Services) -> None:
    with services.transaction() as session:
        box = make_mailbox(session, make_account(session), of_account_holder=False)
        own = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)

    with pytest.raises(NotAllowed), services.transaction() as session:
        top_ups.place_top_up(session, own, 500, now=NOW)


def test_a_mailbox_spends_its_own_credit_and_not_its_accounts(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        owner = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        give(session, owner, 5000, "of the account")
        box = make_mailbox(session, account)
        own = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
        named = make_order(session, [box], number=number()).number

    with pytest.raises(CreditTooSmall), services.transaction() as session:
        credit_payments.pay_from_credit(session, own, named, now=NOW)


@pytest.mark.parametrize(
    ("state", "cents"),
    [(OrderState.CANCELLED, 610), (OrderState.AWAITING_PAYMENT, 600), (OrderState.PAID, 610)],
)
def test_money_left_over_is_credit_for_twelve_months(
    services: Services, state: OrderState, cents: int
) -> None:
    with services.transaction() as session:
        subject = account_with(session)
        named = order_of(session, subject, state=state).number
        settle(session, Money(named, cents, TODAY, PaymentMethod.BANK_TRANSFER, "T1"), now=NOW)
        mails = session.scalars(select(Mail).where(Mail.kind == "order_credited")).all()
        assert {mail.context["credit_until"] for mail in mails} == {"2027-11-24"}

    assert balance(services, subject, date(2027, 11, 24)) == cents
    assert balance(services, subject, date(2027, 11, 25)) == 0


def test_orphan_money_is_nobodys_credit_and_not_lost(services: Services) -> None:
    with services.transaction() as session:
        settle(session, Money("?", 700, TODAY, PaymentMethod.BANK_TRANSFER, "T1"), now=NOW)
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
        assert {(each.account, each.amount_cents) for each in entries} == {
            (LedgerAccount.UNCLAIMED, 700),
            (LedgerAccount.CASH_IN, -700),
        }
    assert_sound(services)


def test_foreign_money_waits_for_the_operator(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session)
        money = Money(
            order_of(session, subject).number, 610, TODAY, PaymentMethod.BANK_TRANSFER, "T1", currency="CHF"
        )
        settle(session, money, now=NOW)

    assert balance(services, subject) == 0
    assert_sound(services)


def test_what_could_not_be_renewed_is_given_back(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 610)
        order = order_of(session, subject)
        credit_payments.pay_from_credit(session, subject, order.number, now=NOW)
        for line_id in fulfilment.begin_renewals(session, [1], now=NOW):
            fulfilment.refuse_renewal(session, line_id, Refusal.MAILBOX_CANCELLED, now=NOW)

        assert order.state is OrderState.CREDITED
    assert balance(services, subject) == 610
    assert balance(services, subject, LATER.date()) == 610
    assert_sound(services)


def test_the_clock_takes_out_what_lapsed(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 300, expires_on=TODAY)
        give(session, subject, 500, "for ever")

    def lapse(day: date) -> int:
        with services.transaction() as session:
            return credit_expiry.lapse_leftovers(session, None, today=day, now=LATER)[0]

    assert [lapse(TODAY), lapse(TODAY + timedelta(days=1)), lapse(TODAY + timedelta(days=2))] == [0, 1, 0]
    with services.reading() as session:
        assert session.scalars(select(Wallet.balance_cents)).one() == 500
    assert_sound(services)


def test_what_lapsed_is_not_spent_though_the_clock_is_late(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 1000, expires_on=TODAY - timedelta(days=1))
        named = order_of(session, subject).number

    with pytest.raises(CreditTooSmall), services.transaction() as session:
        credit_payments.pay_from_credit(session, subject, named, now=NOW)


@every_database
def test_fifty_who_spend_at_once_spend_what_is_there(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 7 * 610 + 609)
        holder = make_holder(session)
        numbers = [
            make_order(session, [box], number=number()).number
            for box in [
                make_mailbox(session, account_id=subject.account_id, holder=holder) for _ in range(50)
            ]
        ]

    def pay(which: int) -> bool:
        with services.transaction() as session:
            credit_payments.pay_from_credit(session, subject, numbers[which], now=NOW)
        return True

    answers = at_once(pay, 50, refusals=DomainError)

    assert answers.count(True) == 7
    assert all(isinstance(answer, CreditTooSmall) for answer in answers if answer is not True)
    assert balance(services, subject) == 609
    with services.reading() as session:
        paid = select(func.count()).select_from(Order).where(Order.state == OrderState.PAID)
        assert session.scalar(paid) == 7
    assert_sound(services)


@every_database
def test_r07_fifty_who_top_up_at_once_have_one_order_and_its_money_once(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 0)

    def order(_: int) -> str:
        with services.transaction() as session:
            return top_ups.place_top_up(session, subject, 2000, now=NOW).number

    (number_of_it,) = set(at_once(order, 50, refusals=DomainError))

    def pay(_: int) -> Outcome:
        with services.transaction() as session:
            money = Money(str(number_of_it), 2000, TODAY, PaymentMethod.CARD, "p-1")
            return settle(session, money, now=NOW).outcome

    answers = at_once(pay, 50, refusals=DomainError)

    assert (answers.count(Outcome.APPLIED), answers.count(Outcome.REPEATED)) == (1, 49)
    assert balance(services, subject) == 2000
    assert_sound(services)


@every_database
def test_without_the_owners_lock_several_top_ups_are_ordered(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: SQLite's writers follow each other whatever is forgotten."""
    if services.engine.dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE serialises even the forgetful")
    with services.transaction() as session:
        subject = account_with(session, 0)
    looked = Barrier(4)
    stored = top_ups._stored
    monkeypatch.setattr(top_ups.locks, "lock_owner", lambda *_: None)

    def store_late(*args: Any, **more: Any) -> Order:
        looked.wait(10)
        return stored(*args, **more)

    monkeypatch.setattr(top_ups, "_stored", store_late)

    def order(_: int) -> str:
        with services.transaction() as session:
            return top_ups.place_top_up(session, subject, 2000, now=NOW).number

    assert len(set(at_once(order, 4, refusals=DomainError))) == 4


@every_database
def test_without_the_lock_more_is_spent_than_there_is(services: Services) -> None:
    """The negative control of the race above: looking first and writing later, the ledger is overdrawn."""
    with services.transaction() as session:
        subject = account_with(session, 610)
    looked = Barrier(6)

    def pay_carelessly(number: int) -> bool:
        is_enough = balance(services, subject) >= 610
        looked.wait()
        with services.transaction() as session:
            lot = session.scalars(select(CreditLot)).one()
            posting = LedgerPosting(kind=PostingKind.PURCHASE, source=str(number), wallet_id=1, posted_at=NOW)
            session.add(posting)
            session.flush()
            session.execute(
                text(
                    "INSERT INTO ledger_entry (posting_id, account, lot_id, amount_cents)"
                    " VALUES (:posting, 'wallet', :lot, -610)"
                ),
                {"posting": posting.id, "lot": lot.id},
            )
        return is_enough

    assert at_once(pay_carelessly, 6, refusals=DomainError).count(True) == 6
    with services.reading() as session:
        assert session.scalar(select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.lot_id == 1)) < 0


def test_a_withdrawal_gives_credit_back_by_the_means_it_was_paid_with(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 610)
        order = order_of(session, subject, withdrawable_until=TODAY + timedelta(days=10))
        credit_payments.pay_from_credit(session, subject, order.number, now=NOW)
        (task,) = fulfilment.begin_renewals(session, [1], now=NOW).values()
        assert task.order is not None
        fulfilment.complete_renewal(session, task.line_id, task.order, now=NOW)
        declaration = Declaration("Mario Rossi", "mario@posta.example", "192.0.2.7")
        withdrawals.withdraw(session, subject, order.number, declaration, now=NOW)
        withdrawal_effects.begin_withdrawals(session, [1], now=NOW)
        withdrawal_effects.complete_withdrawal(session, 1, now=NOW)
        withdrawal_effects.complete_withdrawal(session, 1, now=NOW)

        withdrawal = session.scalars(select(Withdrawal)).one()
        assert (order.state, withdrawal.state) == (OrderState.WITHDRAWN, WithdrawalState.REFUNDED)
    assert balance(services, subject) == balance(services, subject, LATER.date()) == 610


def test_an_attempt_nobody_knows_the_end_of_stands_in_the_way(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 5000)
        order = order_of(session, subject)
        session.add(
            PaymentAttempt(
                order_id=order.id,
                reference="p-1",
                method=PaymentMethod.CARD,
                gateway="simulated",
                amount_cents=610,
                state=PaymentState.UNKNOWN,
                opened_at=NOW,
            )
        )
        named = order.number

    with pytest.raises(PaymentUnderWay), services.transaction() as session:
        credit_payments.pay_from_credit(session, subject, named, now=NOW)

    assert balance(services, subject) == 5000


def test_the_page_shows_movements_a_page_at_a_time_and_what_lapses_first(services: Services) -> None:
    with services.transaction() as session:
        subject = account_with(session, 100, expires_on=TODAY + timedelta(days=9))
        for count in range(29):
            give(session, subject, 10 + count, f"gift {count}")
        give(session, subject, 7, "soon", expires_on=TODAY)

    with services.reading() as session:
        first = look_at_credit(session, subject, before=None, today=TODAY)
        second = look_at_credit(session, subject, before=first.older, today=TODAY)

    assert [lot.left_cents for lot in first.lapsing] == [7, 100]
    assert (len(first.movements), len(second.movements), second.older) == (25, 6, None)
    assert (first.movements[0].cents, second.movements[-1].cents) == (7, 100)


@pytest.mark.parametrize(
    ("cents", "state", "left"),
    [(610, OrderState.PAID, 0), (609, OrderState.AWAITING_PAYMENT, 609)],
)
def test_a_renewal_confirmed_with_credit_is_paid_in_its_own_transaction(
    services: Services, cents: int, state: OrderState, left: int
) -> None:
    cart = fill_cart(services, {})
    with services.transaction() as session:
        give(session, cart.subject, cents, "gift")
        draft_payments.choose_method(
            session, cart.subject, cart.draft, PaymentMethod.CREDIT, today=TODAY, now=NOW, calendar=USUAL
        )

    order = place(services, cart)

    assert (order.state, order.payment_method) == (state, PaymentMethod.CREDIT)
    assert balance(services, cart.subject) == left
