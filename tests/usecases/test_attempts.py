"""Paying at a gateway: one attempt at a time, one effect whoever brings the news, in any order (S37)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import till
from portal.adapters.gateways.simulated.gateway import PAID
from portal.domain.attempts import Failure, Standing
from portal.domain.errors import NotFound, OrderNotPayable
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.ports import GatewayReport, PaymentRequest, Rejected, Unavailable, Unreachable
from portal.store import order_facts
from portal.store.attempts import WebhookEvent
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.outbox import OutboxRow
from portal.store.session import make_engine
from portal.till import Turn
from portal.usecases import attempts
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.conftest import Clock
from tests.databases import Databases
from tests.factories import NOW, TODAY
from tests.races import at_once, meeting
from tests.spread import every_database
from tests.tills import CARD, NUMBER, PAYPAL, Till, open_till, with_simulated
from workers.job import run
from workers.payments import AskWork

pytestmark = every_database


@pytest.fixture
def desk(services: Services) -> Till:
    """An unpaid order and its owner before the simulated gateway."""
    return open_till(services)


def ask_due(desk: Till) -> None:
    """Do what workers do with the questions that are due now."""
    work = AskWork(desk.services)
    with desk.services.transaction() as session:
        due = session.scalars(
            select(OutboxRow).where(OutboxRow.kind == work.kind, OutboxRow.not_before <= desk.services.now())
        )
        ids = []
        for row in due:
            if row.state == "waiting":
                row.state = "queued"
                ids.append(row.id)
    run(desk.services, work, ids, stopping=lambda: False)


def test_an_attempt_is_written_down_before_the_gateway_hears_of_it(desk: Till) -> None:
    class Looking(type(desk.gateway)):  # type: ignore[misc]
        def start(self, request: PaymentRequest) -> Any:
            seen.append([(each.reference, each.state) for each in desk.attempts()])
            return super().start(request)

    seen: list[Any] = []
    looking = desk.gateway
    looking.__class__ = Looking

    desk.pay()

    (attempt,) = desk.attempts()
    assert seen == [[(attempt.reference, PaymentState.INITIATED)]]
    assert attempt.state is PaymentState.PENDING


def test_pressing_twice_leads_to_the_same_page(desk: Till) -> None:
    first, second = desk.pay(), desk.pay()

    assert first == second
    assert len(desk.attempts()) == 1


def test_a_paid_attempt_pays_the_order_when_the_customer_comes_back(desk: Till) -> None:
    reference = desk.opened()
    desk.decide()

    desk.come_back(reference)

    assert desk.order().state is OrderState.PAID
    assert [(each.method, each.reference, each.state) for each in desk.payments()] == [
        (CARD, reference, PaymentState.SUCCEEDED)
    ]
    assert desk.attempts()[0].state is PaymentState.SUCCEEDED
    assert desk.effects() == 1


def test_coming_back_from_an_undecided_page_pays_nothing(desk: Till) -> None:
    """A forged return is nothing else: the gateway is asked, the address is not believed. S39."""
    reference = desk.opened()

    desk.come_back(reference)

    assert desk.order().state is OrderState.AWAITING_PAYMENT
    assert desk.effects() == 0


def test_an_attempt_of_another_order_or_owner_does_not_exist(desk: Till, services: Services) -> None:
    reference = desk.opened()
    stranger = replace(desk.subject, account_id=(desk.subject.account_id or 0) + 1)

    with pytest.raises(NotFound):
        till.look_again(desk.services, stranger, NUMBER, reference)
    with pytest.raises(NotFound):
        till.look_again(desk.services, desk.subject, NUMBER, "p-nothing")
    with pytest.raises(NotFound):
        till.pay(desk.services, stranger, NUMBER, CARD)


def test_a_declined_attempt_leaves_the_order_open_and_is_told(desk: Till) -> None:
    reference = desk.opened()
    desk.decide(Failure.INSUFFICIENT_FUNDS)

    desk.come_back(reference)
    desk.come_back(reference)

    (attempt,) = desk.attempts()
    assert (attempt.state, attempt.failure) == (PaymentState.FAILED, Failure.INSUFFICIENT_FUNDS)
    assert desk.order().state is OrderState.AWAITING_PAYMENT
    with desk.services.reading() as session:
        assert {mail.kind for mail in session.scalars(select(Mail))} == {"payment_failed"}


def test_after_a_decline_a_new_attempt_has_a_new_reference(desk: Till) -> None:
    first = desk.opened()
    desk.decide(Failure.REFUSED)

    second = desk.opened()

    assert second != first
    assert len(desk.attempts()) == 2


def test_paying_in_another_way_closes_the_page_of_before(desk: Till) -> None:
    desk.opened(CARD)
    before = desk.attempts()[0].gateway_key

    desk.opened(PAYPAL)
    desk.gateway.decide(before, PAID)

    first, second = desk.attempts()
    assert (first.state, first.failure) == (PaymentState.FAILED, Failure.ABANDONED)
    assert (second.state, second.method) == (PaymentState.PENDING, PAYPAL)
    assert desk.gateway.page(before).decision == Failure.ABANDONED  # type: ignore[union-attr]


def test_an_order_paid_meanwhile_takes_no_attempt(desk: Till) -> None:
    with desk.services.transaction() as session:
        register_payment(session, NUMBER, 610, TODAY, PaymentMethod.BANK_TRANSFER, "TRN-1", now=NOW)

    with pytest.raises(OrderNotPayable):
        desk.pay()


class Broken:
    """A gateway that breaks in one way, in front of the simulated one, until it is mended."""

    name = "simulated"

    def __init__(self, desk: Till, failure: Exception, *, done_before: bool) -> None:
        self._inner, self._failure, self._done_before = desk.gateway, failure, done_before
        self.is_mended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def start(self, request: PaymentRequest) -> Any:
        return self._do(lambda: self._inner.start(request))

    def ask(self, request: PaymentRequest) -> GatewayReport:
        return self._do(lambda: self._inner.ask(request))

    def _do(self, act: Callable[[], Any]) -> Any:
        if self.is_mended:
            return act()
        if self._done_before:
            act()
        raise self._failure


def break_gateway(desk: Till, failure: Exception, *, done_before: bool = False) -> tuple[Till, Broken]:
    broken = Broken(desk, failure, done_before=done_before)
    services = with_simulated(desk.services, **{CARD: broken, PAYPAL: broken})
    return replace(desk, services=services), broken


@pytest.mark.parametrize("done_before", [True, False])
def test_r04_an_unknown_outcome_blocks_until_the_gateway_was_asked(desk: Till, *, done_before: bool) -> None:
    broken_desk, broken = break_gateway(desk, Unavailable("timeout"), done_before=done_before)

    assert broken_desk.pay().turn is Turn.VERIFYING
    assert broken_desk.pay(PAYPAL).turn is Turn.VERIFYING
    assert [each.state for each in desk.attempts()] == [PaymentState.UNKNOWN]

    broken.is_mended = True
    assert broken_desk.pay().turn is Turn.TO_PAGE
    assert len(desk.attempts()) == 1


def test_r05_a_gateway_that_is_down_charges_nothing_and_another_method_goes(desk: Till) -> None:
    broken = Broken(desk, Unreachable("refused"), done_before=False)
    broken.name = "away"
    services = with_simulated(desk.services, **{CARD: broken})
    half_broken = replace(desk, services=services)

    assert half_broken.pay(CARD).turn is Turn.DOWN
    assert desk.attempts()[0].failure is Failure.NEVER_STARTED
    assert half_broken.pay(PAYPAL).turn is Turn.TO_PAGE


def test_r02_what_the_gateway_never_heard_of_has_failed(desk: Till, clock: Clock) -> None:
    """The process died between the attempt and the call."""
    broken_desk, _ = break_gateway(desk, Unavailable("killed"))
    broken_desk.pay()

    clock.forward(minutes=1)
    ask_due(desk)

    (attempt,) = desk.attempts()
    assert (attempt.state, attempt.failure) == (PaymentState.FAILED, Failure.NEVER_STARTED)
    assert desk.pay().turn is Turn.TO_PAGE


def test_r03_the_janitor_finds_what_nobody_told(desk: Till, clock: Clock) -> None:
    """The customer paid and vanished; no webhook came."""
    desk.opened()
    desk.decide()

    clock.forward(seconds=59)
    ask_due(desk)
    assert desk.order().state is OrderState.AWAITING_PAYMENT

    clock.forward(seconds=1)
    ask_due(desk)
    assert desk.order().state is OrderState.PAID


def test_the_janitor_asks_at_1_5_15_minutes_and_then_by_hours(desk: Till, clock: Clock) -> None:
    desk.opened()
    asked = []
    begun = clock()

    for _ in range(8):
        with desk.services.reading() as session:
            (due,) = session.scalars(
                select(OutboxRow.not_before).where(
                    OutboxRow.kind == "payment.ask", OutboxRow.state == "waiting"
                )
            )
        asked.append((due - begun).total_seconds() // 60)
        clock.set(due)
        ask_due(desk)

    assert asked == [1, 5, 15, 60, 180, 360, 720, 1440]
    (attempt,) = desk.attempts()
    assert (attempt.state, attempt.failure) == (PaymentState.FAILED, Failure.ABANDONED)


def test_the_page_of_a_cancelled_order_is_closed(desk: Till, clock: Clock) -> None:
    desk.opened()
    with desk.services.transaction() as session:
        session.merge(desk.order()).state = OrderState.CANCELLED

    clock.forward(minutes=1)
    ask_due(desk)
    desk.decide()

    assert desk.attempts()[0].failure is Failure.ABANDONED
    assert desk.gateway.page(desk.attempts()[0].gateway_key).decision != PAID  # type: ignore[union-attr]


def test_money_of_an_attempt_that_seemed_to_have_failed_is_kept(desk: Till) -> None:
    reference = desk.opened()
    with desk.services.transaction() as session:
        attempt = session.merge(desk.attempts()[0])
        attempt.state, attempt.failure = PaymentState.FAILED, Failure.REFUSED
    desk.decide()

    desk.webhook(reference)

    assert desk.order().state is OrderState.PAID
    assert desk.attempts()[0].state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    "wrong", [{"amount_cents": 609}, {"amount_cents": 611}, {"currency": "USD"}], ids=str
)
def test_s38_a_wrong_amount_or_currency_pays_nothing_and_is_not_lost(
    desk: Till, wrong: dict[str, Any]
) -> None:
    reference = desk.opened()

    class Lying(Broken):
        def ask(self, request: PaymentRequest) -> GatewayReport:
            return replace(GatewayReport(Standing.DONE, amount_cents=610), **wrong)

    lying = Lying(desk, Rejected("never"), done_before=False)
    replace(desk, services=with_simulated(desk.services, **{CARD: lying})).come_back(reference)

    assert desk.order().state is OrderState.AWAITING_PAYMENT
    assert desk.effects() == 0
    assert [each.state for each in desk.payments()] == [PaymentState.UNAPPLIED]
    assert desk.attempts()[0].state is PaymentState.UNAPPLIED


def test_s38_paid_and_no_amount_is_no_news_but_a_persons_task(desk: Till) -> None:
    reference = desk.opened()
    for amount in (0, -610):
        with desk.services.transaction() as session:
            told = GatewayReport(Standing.DONE, amount_cents=amount)
            attempts.record_report(session, reference, told, now=desk.services.now())

    assert desk.payments() == []
    assert desk.attempts()[0].state is PaymentState.UNKNOWN
    assert desk.order().state is OrderState.AWAITING_PAYMENT


def hear_twice(desk: Till, reference: str) -> dict[str, Callable[[], None]]:
    """Return the five ways in which the news of one payment arrives."""

    def operator() -> None:
        with desk.services.transaction() as session:
            register_payment(
                session, NUMBER, 610, TODAY, PaymentMethod.BANK_TRANSFER, "TRN-1", now=desk.services.now()
            )

    return {
        "return": lambda: desk.come_back(reference),
        "webhook": lambda: desk.webhook(reference),
        "webhook again": lambda: desk.webhook(reference),
        "poll": lambda: ask_due(desk),
        "operator": operator,
    }


ORDERS = list(permutations(["return", "webhook", "webhook again", "poll", "operator"]))


@pytest.mark.parametrize("turns", ORDERS, ids=lambda turns: ">".join(turn[-5:] for turn in turns))
def test_r06_every_order_of_the_news_has_one_effect(desk: Till, clock: Clock, turns: tuple[str, ...]) -> None:
    reference = desk.opened()
    desk.decide()
    clock.forward(minutes=1)
    ways = hear_twice(desk, reference)

    for turn in turns:
        ways[turn]()

    assert desk.order().state is OrderState.PAID
    assert desk.effects() == 1
    states = sorted(payment.state for payment in desk.payments())
    assert len(states) == 2, "both amounts are kept"
    assert states.count(PaymentState.UNAPPLIED) == 1, "and one of them is owed back"
    with desk.services.reading() as session:
        assert len(session.scalars(select(WebhookEvent)).all()) == 1


def test_r06_all_the_news_at_once_has_one_effect(desk: Till, clock: Clock) -> None:
    reference = desk.opened()
    desk.decide()
    clock.forward(minutes=1)
    ways = [*hear_twice(desk, reference).values()] * 2

    answers = at_once(lambda number: ways[number](), len(ways))

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert desk.effects() == 1
    assert len(desk.payments()) == 2


def test_r06_a_webhook_of_a_later_day_changes_nothing(desk: Till, clock: Clock) -> None:
    reference = desk.opened()
    desk.decide()
    desk.come_back(reference)
    clock.forward(days=3)

    desk.webhook(reference, "evt_late")

    assert desk.effects() == 1
    assert len(desk.payments()) == 1


def test_r07_fifty_at_once_come_to_one_page_of_one_attempt(desk: Till) -> None:
    answers = at_once(lambda _: desk.pay())

    assert {getattr(answer, "page_url", answer) for answer in answers} == {desk.attempts()[0].page_url}
    assert len(desk.attempts()) == 1


def test_an_event_without_anything_of_ours_is_noted_and_harmless(desk: Till) -> None:
    desk.webhook("p-unknown")

    with desk.services.reading() as session:
        assert session.scalars(select(WebhookEvent.reference)).all() == ["p-unknown"]
    assert desk.effects() == 0


@pytest.fixture
def apart(services: Services, databases: Databases) -> Iterator[Till]:
    """The same on a database of its own: what is dropped there is missed by no other test."""
    engine = make_engine(databases.migrated(services.engine.dialect.name))
    yield open_till(replace(services, engine=engine))
    engine.dispose()


def as_committed(session: Session, order_id: int) -> Order:
    return session.get_one(Order, order_id)


def forget_the_lock(patch: pytest.MonkeyPatch, look: Callable[..., Order] = as_committed) -> None:
    """Look at the order as it was committed last."""
    patch.setattr(order_facts, "locked_order", look)


def test_without_the_lock_the_unique_key_still_holds(apart: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_the_lock(monkeypatch)

    at_once(lambda _: apart.pay(), 8)

    assert len(apart.attempts()) == 1


def test_without_lock_and_key_several_attempts_are_opened(
    apart: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the fifty at once: take both guards away, and the race is lost."""
    if apart.services.engine.dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE serialises even the forgetful")
    forget_the_lock(monkeypatch, meeting(as_committed, 8))
    with apart.services.transaction() as session:
        session.execute(text("DROP INDEX uq_payment_attempt_open_order"))

    at_once(lambda _: apart.pay(), 8)

    assert len(apart.attempts()) > 1
