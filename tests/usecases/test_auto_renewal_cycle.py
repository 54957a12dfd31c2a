"""Auto-renewal day by day: announced, ordered, charged, tried again, left out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from portal import till
from portal.domain.auto_renewal import CycleEnd, CycleState
from portal.domain.dates import add_years, rome_day
from portal.domain.mandates import StoredMethodState
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.domain.price_list import Item
from portal.domain.quotes import canonical, read_quote
from portal.ports import GatewayReport, MethodToken, PaymentRequest, Unavailable
from portal.store.attempts import PaymentAttempt
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.outbox import OutboxRow
from portal.store.prices import PriceRow
from portal.store.quotes import QuoteRow
from portal.store.stored_methods import Mandate, RenewsWith, StoredMethod
from portal.till import Turn
from portal.usecases import auto_renewal_charges
from portal.usecases.orders import cancel_order
from portal.usecases.payments import register_payment
from portal.usecases.quotes import verify_quotes
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW, make_order
from tests.tills import NUMBER
from tests.usecases.renewing import Days, renewing

FAILED_MAIL = "auto_renewal_failed"
ANNOUNCED_MAIL = "expiry_notice_auto"


@pytest.fixture
def days(services: Services, clock: Clock) -> Days:
    """A mailbox that expires in forty days and renews with a stored card."""
    return renewing(services, clock)


def test_the_order_of_itself_carries_a_quote_that_holds_until_the_expiry(days: Days) -> None:
    expiry = days.expiry()
    for ahead in (30, 15):
        days.before(ahead)

    (order,) = days.orders()
    with days.services.reading() as session:
        row = session.get_one(QuoteRow, order.quote_id)
        proved = list(verify_quotes(session))
    assert (row.draft_id, row.due_cents, row.valid_until) == (None, order.due_cents, expiry)
    assert read_quote(row.content).valid_until == expiry
    assert canonical(read_quote(row.content)) == row.content
    assert proved == [(1, [])]


def test_a_year_goes_by_and_the_mailbox_is_renewed(days: Days) -> None:
    expiry = days.expiry()

    days.before(31)
    assert days.cycles() == []
    days.before(30)
    assert days.states() == [CycleState.ANNOUNCED]
    days.before(16)
    assert days.orders() == []
    days.before(15)
    assert [order.state for order in days.orders()] == [OrderState.AWAITING_PAYMENT]
    days.before(8)
    assert days.attempts() == []
    days.before(7)

    (order,) = days.orders()
    (attempt,) = days.attempts()
    assert order.state is OrderState.FULFILLED
    assert (order.due_cents, order.payment_method, order.draft_id) == (610, PaymentMethod.CARD, None)
    assert (attempt.state, attempt.stored_method_id) == (PaymentState.SUCCEEDED, days.method_id)
    assert days.expiry() == add_years(expiry, 1)
    assert days.states() == [CycleState.DONE]
    assert days.told(ANNOUNCED_MAIL) == [
        (ANNOUNCED_MAIL, "studio@posta.example"),
        (ANNOUNCED_MAIL, "mario@posta.example"),
    ]
    days.until(expiry + timedelta(days=5))
    assert (days.payments(), len(days.cycles())) == (1, 1)


def test_a_refused_charge_is_tried_four_times_and_stays_payable(days: Days) -> None:
    expiry = days.expiry()
    days.decline()

    days.before(0)

    tried = [(expiry - rome_day(each.opened_at)).days for each in days.attempts()]
    assert tried == [7, 5, 3, 1]
    assert days.states() == [CycleState.FAILED]
    assert days.cycles()[0].ended_by is CycleEnd.REFUSED
    assert [order.state for order in days.orders()] == [OrderState.AWAITING_PAYMENT]
    assert days.expiry() == expiry
    with days.services.reading() as session:
        mails = session.scalars(select(Mail).where(Mail.kind == FAILED_MAIL, Mail.recipient.like("studio%")))
        following = [mail.context["next_on"] for mail in mails]
    assert following == [str(expiry - timedelta(days=left)) for left in (5, 3, 1)] + [None]
    assert days.told("payment_failed") == []


def test_declined_then_paid_by_the_next_try(days: Days) -> None:
    days.decline()
    days.before(6)
    assert days.states() == [CycleState.RETRY]
    days.decline(False)

    days.before(5)

    assert days.states() == [CycleState.DONE]
    assert [each.state for each in days.attempts()] == [PaymentState.FAILED, PaymentState.SUCCEEDED]


def test_what_failed_and_is_paid_by_hand_is_done_and_the_method_stays(days: Days) -> None:
    days.decline()
    days.before(0)

    (order,) = days.orders()
    with days.services.transaction() as session:
        register_payment(
            session,
            order.number,
            order.due_cents,
            days.services.today(),
            PaymentMethod.BANK_TRANSFER,
            "CRO1",
            now=days.services.now(),
        )
    days.do_rows()

    assert days.states() == [CycleState.DONE]
    with days.services.reading() as session:
        assert session.get(RenewsWith, days.mailbox_ids[0]) is not None


def test_cancelling_the_generated_order_skips_this_expiry_alone(days: Days) -> None:
    """Seed 4: cancel the order, then «Rinnova» by another method; auto-renewal stays on."""
    expiry = days.expiry()
    days.before(15)
    (order,) = days.orders()

    with days.services.transaction() as session:
        cancel_order(session, days.subject, order.number, now=days.services.now())
    days.before(-1)

    (cycle,) = days.cycles()
    assert (cycle.state, cycle.ended_by) == (CycleState.SKIPPED, CycleEnd.ORDER_CANCELLED)
    assert len(days.orders()) == 1
    assert days.attempts() == []
    assert days.mailbox().auto_renewal
    assert days.expiry() == expiry


def test_without_its_announcement_having_left_nothing_is_charged(days: Days) -> None:
    while days.services.today() < days.expiry():
        days.clock.forward(days=1)
        days.work(mails_leave=False)

    assert days.attempts() == []
    (cycle,) = days.cycles()
    assert (cycle.state, cycle.ended_by) == (CycleState.FAILED, CycleEnd.NOT_ANNOUNCED)
    assert days.told(FAILED_MAIL) != []


def test_the_price_of_the_announcement_is_the_most_that_is_charged(days: Days) -> None:
    days.before(20)
    _dearer_from(days, days.services.today(), 900)

    days.before(7)

    assert [order.due_cents for order in days.orders()] == [610]
    assert days.payments() == 1


def test_a_price_that_fell_is_charged(days: Days) -> None:
    days.before(20)
    _dearer_from(days, days.services.today(), 400)

    days.before(7)

    assert [order.due_cents for order in days.orders()] == [488]


def test_above_the_mandate_nothing_is_charged_and_the_order_waits(services: Services, clock: Clock) -> None:
    days = renewing(services, clock, maximum_cents=600)

    days.before(0)

    (cycle,) = days.cycles()
    assert (cycle.state, cycle.ended_by) == (CycleState.FAILED, CycleEnd.OVER_MAXIMUM)
    assert days.attempts() == []
    assert [order.state for order in days.orders()] == [OrderState.AWAITING_PAYMENT]


def test_above_the_customers_own_maximum_nothing_is_charged(days: Days) -> None:
    with days.services.transaction() as session:
        session.execute(update(RenewsWith).values(maximum_cents=609))

    days.before(0)

    assert days.cycles()[0].ended_by is CycleEnd.OVER_MAXIMUM
    assert days.attempts() == []


@pytest.mark.parametrize("left", [20, 10])
def test_a_mandate_or_a_method_that_went_away_is_not_charged(days: Days, left: int) -> None:
    days.before(left)
    with days.services.transaction() as session:
        session.execute(update(Mandate).values(revoked_at=NOW))
        session.execute(update(StoredMethod).values(state=StoredMethodState.REMOVED))

    days.before(0)

    assert days.attempts() == []
    assert days.payments() == 0


def test_renewed_by_hand_before_the_order_is_left_out(days: Days) -> None:
    days.before(20)
    with days.services.transaction() as session:
        make_order(session, [session.get_one(Mailbox, days.mailbox_ids[0])], number=NUMBER)
    days.before(14)
    assert days.states() == [CycleState.ANNOUNCED]
    with days.services.transaction() as session:
        register_payment(
            session,
            NUMBER,
            610,
            days.services.today(),
            PaymentMethod.BANK_TRANSFER,
            "CRO2",
            now=days.services.now(),
        )
    days.do_rows()

    days.until(days.services.today() + timedelta(days=14))

    (cycle,) = days.cycles()
    assert (cycle.state, cycle.ended_by) == (CycleState.SKIPPED, CycleEnd.RENEWED)
    assert (len(days.orders()), days.attempts()) == (1, [])


def test_a_clock_that_was_away_makes_up_for_what_is_still_in_time(days: Days) -> None:
    """Nothing works from T-31 to T-8; announced late, it is charged once the notice is long enough."""
    days.before(31)
    days.go_to(days.expiry() - timedelta(days=8))
    assert days.states() == [CycleState.ORDERED]

    days.before(6)
    assert days.attempts() == []
    days.before(5)

    assert days.states() == [CycleState.DONE]


def test_a_clock_that_was_away_for_too_long_charges_nothing(days: Days) -> None:
    days.before(31)
    days.go_to(days.expiry() - timedelta(days=6))

    days.before(-2)

    assert (days.cycles(), days.orders(), days.attempts()) == ([], [], [])


def test_days_that_run_twice_or_backwards_change_nothing(days: Days) -> None:
    expiry = days.expiry()
    days.decline()
    for left in range(31, -1, -1):
        for day in (left, left, left + 1, left):
            days.go_to(expiry - timedelta(days=day))

    assert [(expiry - rome_day(each.opened_at)).days for each in days.attempts()] == [7, 5, 3, 1]
    assert len(days.orders()) == 1
    assert len(days.told(ANNOUNCED_MAIL)) == 2
    assert len(days.told(FAILED_MAIL)) == 8


def test_one_mail_announces_all_that_an_account_renews(services: Services, clock: Clock) -> None:
    days = renewing(services, clock, mailboxes=7)

    days.before(7)

    assert days.told(ANNOUNCED_MAIL) == [
        (ANNOUNCED_MAIL, "studio@posta.example"),
        (ANNOUNCED_MAIL, "mario@posta.example"),
    ]
    assert days.states() == [CycleState.DONE] * 7
    assert days.payments() == 7


class Deaf:
    """A gateway that takes the money and whose answers are lost as often as it is told."""

    def __init__(self, gateway: object, lost: int) -> None:
        self._gateway, self._lost = gateway, lost
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._gateway, name)

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        self.asked.append(request.reference)
        report: GatewayReport = self._gateway.charge(request, method)  # type: ignore[attr-defined]
        if len(self.asked) <= self._lost:
            raise Unavailable("no answer")
        return report


def test_a_lost_answer_is_asked_for_again_under_the_same_reference(days: Days) -> None:
    deaf = Deaf(days.services.gateways.simulated, lost=2)
    days.services.gateways.by_method[PaymentMethod.CARD] = deaf  # type: ignore[index]

    days.before(7)
    for _ in range(3):
        days.clock.forward(hours=1)
        days.do_rows()

    assert len(deaf.asked) == 3
    assert len(set(deaf.asked)) == 1
    assert days.payments() == 1
    assert days.states() == [CycleState.DONE]


def test_a_switch_turned_between_the_claim_and_the_call_stops_the_charge(days: Days) -> None:
    days.before(8)
    days.clock.forward(days=1)
    with days.services.transaction() as session:
        auto_renewal_charges.plan_charges(session, None, today=days.services.today(), now=days.services.now())
        session.execute(update(Mailbox).values(auto_renewal=False))

    days.do_rows()

    assert days.attempts() == []
    with days.services.reading() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.kind == auto_renewal_charges.KIND))
        assert [row.state for row in rows] == ["done"]


def test_nobody_pays_on_a_page_while_a_charge_is_under_way(days: Days) -> None:
    days.before(8)
    days.clock.forward(days=1)
    with days.services.transaction() as session:
        assert auto_renewal_charges.begin_charge(session, days.cycles()[0].id, now=days.services.now())

    for method in (PaymentMethod.CARD, PaymentMethod.PAYPAL):
        answer = till.pay(days.services, days.subject, days.orders()[0].number, method)
        assert answer.turn is Turn.VERIFYING
    with days.services.reading() as session:
        assert [each.state for each in session.scalars(select(PaymentAttempt))] == [PaymentState.INITIATED]


def _dearer_from(days: Days, day: date, cents: int) -> None:
    with days.services.transaction() as session:
        session.execute(
            update(PriceRow).where(PriceRow.item == Item.STANDARD).values(valid_to=day - timedelta(days=1))
        )
        session.add(PriceRow(item=Item.STANDARD, net_cents=cents, valid_from=day))
