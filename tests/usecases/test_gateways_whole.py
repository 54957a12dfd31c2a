"""Both gateways behind their own APIs, from «Paga» to the effect: declined, charged without an answer, late,
twice, out of order. R04, R06."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest

from portal import till
from portal.adapters.gateways.choice import Gateways
from portal.adapters.gateways.paypal.gateway import PayPalGateway
from portal.adapters.gateways.stripe.gateway import StripeGateway
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.gateway_settings import PayPalAccount, StripeAccount
from portal.till import Turn
from portal.usecases.audit import audit
from portal.wiring import Services
from tests.conftest import Clock
from tests.servers import stripe_fake
from tests.servers.gateways import Fault
from tests.servers.paypal_fake import FakePayPal
from tests.servers.stripe_fake import FakeStripe
from tests.tills import CARD, PAYPAL, Till, open_till
from tests.usecases.test_attempts import ask_due

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEWS = list(permutations(["return", "webhook", "again", "poll"]))
DONE = [Fault.ERROR_AFTER, Fault.SILENT_AFTER, Fault.VANISHES]


class Desk:
    """An unpaid order before one of the gateways, and that gateway's own side."""

    def __init__(self, till_: Till, method: PaymentMethod, outside: FakeStripe | FakePayPal) -> None:
        self.till = till_
        self.method = method
        self.outside = outside
        self.page = ""

    def press(self) -> Turn:
        answer = self.till.pay(self.method)
        self.page = answer.page_url or self.page
        return answer.turn

    def hear(self, what: str) -> None:
        """Take one piece of news, whichever way it comes."""
        reference = self.till.attempts()[-1].reference
        if what == "return":
            self.till.come_back(reference)
        elif what == "poll":
            ask_due(self.till)
        else:
            headers, body = self.outside.event(reference, "evt_1")
            till.hear(self.till.services, self.name, headers, body)

    @property
    def name(self) -> str:
        return "stripe" if self.method is CARD else "paypal"

    def assert_paid_once(self) -> None:
        assert self.till.order().state is OrderState.PAID
        assert (self.outside.charged, len(self.till.payments()), self.till.effects()) == ([610], 1, 1)
        services = self.till.services
        with services.reading() as session:
            assert [*audit(session, today=services.today(), now=services.now())] == []


@pytest.fixture(params=[CARD, PAYPAL], ids=["stripe", "paypal"])
def desk(request: pytest.FixtureRequest, services: Services, clock: Clock) -> Iterator[Desk]:
    stripe, paypal = FakeStripe(clock), FakePayPal()
    card = StripeAccount("sk_test_1", stripe_fake.WEBHOOK_SECRET, api=stripe.url, pages=stripe.url)
    account = PayPalAccount("client", "secret", "webhook-1", api=paypal.url, pages=paypal.url)
    gateways = Gateways({CARD: StripeGateway(card, 1), PAYPAL: PayPalGateway(account, 1, clock)})
    made = open_till(services)
    outside = stripe if request.param is CARD else paypal
    yield Desk(Till(replace(made.services, gateways=gateways), made.subject), request.param, outside)
    stripe.stop()
    paypal.stop()


@pytest.mark.parametrize("news", NEWS, ids=lambda turns: ">".join(turns))
def test_every_gateway_and_every_order_of_its_news_has_one_effect(
    desk: Desk, clock: Clock, news: tuple[str, ...]
) -> None:
    desk.press()
    desk.outside.decide(desk.page)
    clock.forward(minutes=1)

    for what in news:
        desk.hear(what)

    desk.assert_paid_once()


def test_declined_then_paid(desk: Desk) -> None:
    desk.press()
    desk.outside.decide(desk.page, "insufficient_funds")
    desk.hear("return")
    assert desk.till.order().state is OrderState.AWAITING_PAYMENT
    assert desk.till.payments() == []

    assert desk.press() is Turn.TO_PAGE
    desk.outside.decide(desk.page)
    desk.hear("return")

    desk.assert_paid_once()


def test_a_bank_that_answers_late_is_waited_for(desk: Desk, clock: Clock) -> None:
    desk.press()
    desk.outside.decide(desk.page, later=True)
    desk.hear("return")
    assert desk.till.payments() == []
    assert desk.press() is Turn.VERIFYING, "nothing else is begun meanwhile"

    desk.outside.bank_answers(desk.page)
    clock.forward(minutes=1)
    desk.hear("poll")

    desk.assert_paid_once()


@pytest.mark.parametrize("fault", list(Fault))
def test_r04_a_page_whose_answer_was_lost_is_found_or_begun_once(
    desk: Desk, clock: Clock, fault: Fault
) -> None:
    desk.outside.fail_next(fault)
    assert desk.press() is Turn.VERIFYING
    assert desk.till.attempts()[-1].state is PaymentState.UNKNOWN

    for _ in range(3):
        if desk.press() is Turn.TO_PAGE:
            break
        clock.forward(minutes=5)
        desk.hear("poll")
    desk.outside.decide(desk.page)
    desk.hear("return")

    desk.assert_paid_once()


@pytest.mark.parametrize("fault", DONE)
def test_r04_charged_without_an_answer_is_charged_once(desk: Desk, clock: Clock, fault: Fault) -> None:
    """PayPal takes money when we ask it to, and that answer is lost; Stripe took it on its page."""
    desk.press()
    desk.outside.decide(desk.page)
    desk.outside.fail_next(fault)

    for what in ("return", "poll", "return"):
        desk.hear(what)
        clock.forward(minutes=5)

    desk.assert_paid_once()
