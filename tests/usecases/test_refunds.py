"""Refunds through the gateway: asked for once, whatever its answers and whoever records them. R03, R04."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal import till as till_calls
from portal.adapters.gateways.choice import Gateways
from portal.adapters.gateways.simulated.gateway import SimulatedGateway
from portal.domain.attempts import Standing
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.credit_errors import RefundUndecided
from portal.domain.errors import WithdrawalNotRefundable
from portal.domain.payments import PaymentMethod
from portal.domain.refunds import ASKED_AGAIN, REFUND_MOVES, RefundState, can_move_refund
from portal.domain.withdrawal import WithdrawalState
from portal.letters import Surroundings, render
from portal.ports import (
    GatewayEvent,
    OutsideFailure,
    RefundReport,
    RefundRequest,
    Rejected,
    Unavailable,
)
from portal.store.ledger import LedgerEntry, LedgerPosting
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.outbox import OutboxRow, OutboxState
from portal.store.refunds import GatewayRefund
from portal.store.withdrawals import Withdrawal
from portal.usecases import attempts, draft_payments, refund_rows, refunds
from portal.usecases.audit import audit
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import TODAY
from tests.tills import CARD, PAYPAL, Till, with_simulated
from tests.usecases.carts import USUAL, Cart, fill_cart, place
from tests.usecases.test_withdrawals import fulfilled, lines_of, renew, take_back, withdraw
from workers.job import MAX_ATTEMPTS, run
from workers.refunds import RefundWork

AROUND = Surroundings("Posta Sicura", "aiuto@posta.example", "http://portal", "", "", "", "")


@dataclass
class Counter:
    """A gateway that answers refunds as it is told, and really does them unless it fails before."""

    till: SimulatedGateway
    name: str = "simulated"
    answers: list[OutsideFailure | RefundReport | None] = field(default_factory=list)
    fails_after: bool = False
    asked: list[str] = field(default_factory=list)

    def refund(self, request: RefundRequest) -> RefundReport:
        self.asked.append(request.reference)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, OutsideFailure):
            if self.fails_after:
                self.till.refund(request)
            raise answer
        return answer or self.till.refund(request)

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        return self.till.read_event(headers, body, now=now)


@dataclass
class Desk:
    """A withdrawal from an order that was paid on a gateway's page, its mailbox back already."""

    services: Services
    cart: Cart
    number: str
    counter: Counter

    def work(self) -> None:
        """Let workers do what is due of refunds now."""
        with self.services.transaction() as session:
            due = session.scalars(
                select(OutboxRow).where(
                    OutboxRow.kind == "payment.refund",
                    OutboxRow.state == OutboxState.WAITING,
                    OutboxRow.not_before <= self.services.now(),
                )
            ).all()
            for row in due:
                row.state = OutboxState.QUEUED
        run(self.services, RefundWork(self.services), [row.id for row in due], stopping=lambda: False)

    def exhaust(self) -> None:
        """Let the gateway fail as often as a worker tries."""
        clock = self.services.clock
        assert isinstance(clock, Clock)
        for _ in range(MAX_ATTEMPTS):
            self.counter.answers = [Unavailable("500")]
            self.work()
            clock.forward(hours=2)

    def refund(self) -> GatewayRefund:
        with self.services.reading() as session:
            return session.scalars(select(GatewayRefund)).one()

    def states(self) -> tuple[RefundState, WithdrawalState]:
        with self.services.reading() as session:
            return self.refund().state, session.scalars(select(Withdrawal.state)).one()

    def given_back(self) -> list[int]:
        return [cents for _, cents in self.counter.till.refunds()]

    def mails(self) -> list[str]:
        with self.services.reading() as session:
            return [
                str(mail.context["way"])
                for mail in session.scalars(select(Mail).where(Mail.kind == "refund_sent"))
            ]

    def by_hand(self, reference: str = "TRN 1", *, was_checked: bool = False) -> Withdrawal:
        with self.services.transaction() as session:
            return refunds.mark_refunded(
                session,
                self.number,
                reference,
                refunded_on=TODAY,
                now=self.services.now(),
                was_checked=was_checked,
            )

    def posted(self) -> list[tuple[LedgerAccount, int]]:
        with self.services.reading() as session:
            entries = session.execute(
                select(LedgerEntry.account, LedgerEntry.amount_cents)
                .join(LedgerPosting, LedgerPosting.id == LedgerEntry.posting_id)
                .where(LedgerPosting.kind == PostingKind.WITHDRAWAL)
                .order_by(LedgerEntry.account)
            )
            return [(account, cents) for account, cents in entries]

    def is_sound(self) -> bool:
        with self.services.reading() as session:
            return not [*audit(session, today=self.services.today(), now=self.services.now())]


def opened(services: Services, method: PaymentMethod = CARD) -> Desk:
    services = with_simulated(services)
    cart = fill_cart(services, {})
    with services.transaction() as session:
        draft_payments.choose_method(
            session, cart.subject, cart.draft, method, today=TODAY, now=services.now(), calendar=USUAL
        )
    order: Order = place(services, cart)
    till = Till(services, cart.subject, order.number)
    reference = till.opened(method)
    till.decide()
    till.come_back(reference)
    renew(services, *(line.id for line in lines_of(services, order)))
    withdraw(services, cart, order)
    take_back(services, order)
    counter = Counter(till.gateway)
    behind: dict[PaymentMethod, object] = {CARD: counter, PAYPAL: counter}
    gateways = Gateways(behind, till.gateway)  # type: ignore[arg-type]
    return Desk(replace(services, gateways=gateways), cart, order.number, counter)


@pytest.fixture
def desk(services: Services) -> Desk:
    return opened(services)


@pytest.mark.parametrize("method", [CARD, PAYPAL])
def test_the_money_goes_back_by_the_way_it_came(services: Services, method: PaymentMethod) -> None:
    desk = opened(services, method)
    assert desk.states() == (RefundState.OPEN, WithdrawalState.EFFECTIVE), "written down before the call"
    assert desk.given_back() == []

    desk.work()

    assert desk.states() == (RefundState.DONE, WithdrawalState.REFUNDED)
    assert (desk.given_back(), desk.counter.asked) == ([610], [desk.refund().reference])
    assert desk.posted() == [(LedgerAccount.CASH_IN, 610), (LedgerAccount.REVENUE, -610)]
    assert set(desk.mails()) == {method.value}
    assert desk.is_sound()


def test_the_mail_says_by_which_way(desk: Desk) -> None:
    desk.work()

    with desk.services.reading() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "refund_sent")).first()
    assert mail is not None
    words = render(mail.kind, "it", mail.context, AROUND)
    for text in (words.text, words.html):
        assert "sulla carta" in text


@pytest.mark.parametrize("fails_after", [False, True], ids=["not done", "done all the same"])
def test_r04_a_call_without_an_answer_is_repeated_and_refunds_once(
    desk: Desk, clock: Clock, *, fails_after: bool
) -> None:
    desk.counter.answers, desk.counter.fails_after = [Unavailable("timeout")], fails_after
    desk.work()
    assert desk.states() == (RefundState.OPEN, WithdrawalState.EFFECTIVE)

    clock.forward(minutes=5)
    desk.work()

    assert desk.states() == (RefundState.DONE, WithdrawalState.REFUNDED)
    assert desk.given_back() == [610]
    assert len(set(desk.counter.asked)) == 1


def test_an_answer_recorded_twice_or_late_has_one_effect(desk: Desk) -> None:
    desk.work()
    reference = desk.refund().reference
    for standing in (Standing.DONE, Standing.FAILED, Standing.PROCESSING, Standing.DONE):
        with desk.services.transaction() as session:
            refunds.record_report(session, reference, RefundReport(standing), now=desk.services.now())

    assert desk.states() == (RefundState.DONE, WithdrawalState.REFUNDED)
    assert len(desk.posted()) == 2
    assert desk.is_sound()


@pytest.mark.parametrize(
    "answer", [RefundReport(Standing.FAILED, "re_1", "expired_or_canceled_card"), Rejected("400 no")]
)
def test_what_the_gateway_refuses_the_operator_sends(
    desk: Desk, answer: RefundReport | OutsideFailure
) -> None:
    desk.counter.answers = [answer]
    desk.work()

    assert desk.states() == (RefundState.REFUSED, WithdrawalState.EFFECTIVE)
    assert desk.refund().words
    assert desk.by_hand().state is WithdrawalState.REFUNDED
    assert len(desk.posted()) == 2
    assert set(desk.mails()) == {"by_hand"}
    assert desk.is_sound()


def test_a_bank_that_takes_its_time_is_asked_again(desk: Desk, clock: Clock) -> None:
    desk.counter.answers = [RefundReport(Standing.PROCESSING, "re_1")] * 2
    desk.work()
    desk.work()
    assert len(desk.counter.asked) == 1, "not before its time"

    clock.forward(hours=1)
    desk.work()
    clock.forward(hours=6)
    desk.work()

    assert desk.states() == (RefundState.DONE, WithdrawalState.REFUNDED)


def test_what_may_be_on_its_way_is_not_sent_by_hand_besides(desk: Desk) -> None:
    with pytest.raises(RefundUndecided):
        desk.by_hand(was_checked=True)

    desk.exhaust()
    assert desk.states() == (RefundState.UNKNOWN, WithdrawalState.EFFECTIVE)
    with pytest.raises(RefundUndecided):
        desk.by_hand()
    assert desk.given_back() == []

    with desk.services.transaction() as session:
        assert refunds.retry(session, desk.number, now=desk.services.now())
    desk.work()

    assert desk.states() == (RefundState.DONE, WithdrawalState.REFUNDED)
    assert desk.given_back() == [610]
    with pytest.raises(WithdrawalNotRefundable):
        desk.by_hand(was_checked=True)


def test_an_operator_who_has_checked_sends_it(desk: Desk) -> None:
    desk.exhaust()

    assert desk.by_hand(was_checked=True).state is WithdrawalState.REFUNDED
    with desk.services.transaction() as session:
        assert not refunds.retry(session, desk.number, now=desk.services.now())
        for row in session.scalars(select(OutboxRow).where(OutboxRow.kind == "payment.refund")):
            row.state, row.attempts = OutboxState.WAITING, 0  # as `portal outbox retry` does
    desk.work()

    assert desk.given_back() == []
    assert desk.is_sound()


def test_the_gateways_word_of_a_refund_makes_a_worker_ask(desk: Desk, clock: Clock) -> None:
    desk.counter.answers = [RefundReport(Standing.PROCESSING, "re_1")]
    desk.work()
    for _ in range(2):
        headers, body = desk.counter.till.event(desk.refund().reference, "evt_refund")
        till_calls.hear(desk.services, "simulated", headers, body)
    desk.work()

    assert desk.states() == (RefundState.DONE, WithdrawalState.REFUNDED)
    assert len(desk.counter.asked) == 2


def test_what_came_by_transfer_is_no_gateways_to_send_back(services: Services) -> None:
    cart, order = fulfilled(services)
    withdraw(services, cart, order)
    take_back(services, order)

    with services.reading() as session:
        assert session.scalar(select(func.count(GatewayRefund.id))) == 0


@pytest.mark.parametrize("before", list(RefundState))
def test_states_only_move_forward(before: RefundState) -> None:
    assert RefundState.OPEN not in REFUND_MOVES[before]
    assert not can_move_refund(RefundState.DONE, before)


def test_the_bank_is_asked_within_the_fourteen_days_of_the_law() -> None:
    assert sorted(ASKED_AGAIN) == list(ASKED_AGAIN)
    assert ASKED_AGAIN[-1] < timedelta(days=14)
    assert attempts.PREFIX != refund_rows.PREFIX
