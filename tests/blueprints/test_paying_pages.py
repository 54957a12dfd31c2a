"""«Paga»: to the gateway's page and back, and the webhooks that nobody but the gateway can send."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.adapters.fuse import FAILURES_IN_A_ROW
from portal.adapters.gateways.breaker import Breaker
from portal.adapters.gateways.choice import Gateways
from portal.adapters.gateways.signatures import signed
from portal.adapters.gateways.simulated.gateway import SimulatedGateway
from portal.app import create_app
from portal.domain.attempts import Failure
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.gateway_settings import GatewaySettings, StripeAccount
from portal.ports import GatewayReport, HostedPage, PaymentRequest, Unreachable
from portal.usecases.payments import register_payment
from portal.web import on_this_host
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.conftest import Clock
from tests.factories import NOW, TODAY
from tests.tills import CARD, NUMBER, PAYPAL, SECRET, Till, open_till

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the two databases do alike is tested with the use cases."""
ORDER = f"/ordini/{NUMBER}"


@dataclass(frozen=True)
class Shop:
    """The owner of an unpaid order in the browser, and the till the order is paid at."""

    till: Till
    app: Flask
    browser: Browser

    def press(self, method: str = "card") -> TestResponse:
        return self.browser.post(f"{ORDER}/paga", {"method": method})

    @property
    def reference(self) -> str:
        return self.till.attempts()[-1].reference

    def back(self, query: str = "") -> TestResponse:
        return self.browser.get(f"{ORDER}/pagamento/{self.reference}{query}")

    def webhook(self, headers: dict[str, str], body: bytes, name: str = "simulated") -> TestResponse:
        return self.app.test_client().post(f"/notifiche/{name}", data=body, headers=headers)


def shop_of(till: Till) -> Shop:
    app = create_app(till.services)
    app.testing = True
    return Shop(till, app, Browser(app).enter(till.services, till.subject))


@pytest.fixture
def shop(services: Services) -> Shop:
    """An unpaid order of 6.10 euros, by card."""
    return shop_of(open_till(services))


def test_the_order_offers_card_and_paypal(shop: Shop) -> None:
    page = shop.browser.get(ORDER).text

    assert "Paga €\u00a06,10 con carta" in page
    assert "Paga €\u00a06,10 con PayPal" in page
    assert "IBAN" not in page


def test_paying_leads_to_the_gateways_page_and_back(shop: Shop) -> None:
    answer = shop.press()

    assert answer.status_code == 303
    assert shop.till.attempts()[0].page_url.endswith(answer.headers["Location"])
    assert answer.headers["Location"].startswith("/demo/"), "on the name by which the visitor came"
    shop.till.decide()
    answer = shop.back()
    assert (answer.status_code, answer.headers["Location"]) == (302, ORDER) or answer.status_code == 303
    assert shop.till.order().state is OrderState.PAID
    assert "Stiamo rinnovando" in shop.browser.get(ORDER).text


@pytest.mark.parametrize("query", ["", "?esito=ok", "?redirect_status=succeeded&payment=paid"])
def test_s39_a_forged_return_pays_nothing(shop: Shop, query: str) -> None:
    shop.press()

    shop.back(query)

    assert shop.till.order().state is OrderState.AWAITING_PAYMENT
    assert "non hai concluso" in shop.browser.get(ORDER).text


def test_a_decline_says_why_and_offers_both_ways_again(shop: Shop) -> None:
    shop.press()
    shop.till.decide(Failure.EXPIRED_CARD)
    shop.back()

    page = shop.browser.get(ORDER).text

    assert "La carta è scaduta" in page
    assert "con carta" in page
    assert "con PayPal" in page


def test_a_decline_stands_first_until_it_is_the_past(shop: Shop) -> None:
    shop.press()
    shop.till.decide(Failure.EXPIRED_CARD)
    shop.back()
    declined = shop.browser.get(ORDER).text
    shop.browser.post(f"{ORDER}/metodo", {"method": "bank_transfer"})
    by_transfer = shop.browser.get(ORDER).text
    shop.browser.post(f"{ORDER}/ho-pagato", {"reference": "TRN1", "sent_on": TODAY.isoformat()})
    declared = shop.browser.get(ORDER).text

    assert declined.index("La carta è scaduta") < declined.index('id="stato"')
    assert by_transfer.index('id="stato"') < by_transfer.index("IBAN") < by_transfer.index("Paga subito")
    assert declared.index('id="stato"') < declared.index("pagare due volte") < declared.index("Paga subito")


def test_a_payment_that_was_broken_off_is_told_as_such(shop: Shop) -> None:
    shop.press()
    shop.till.decide(Failure.ABANDONED)
    shop.back()

    page = shop.browser.get(ORDER).text

    assert "Pagamento interrotto" in page
    assert "non ti abbiamo addebitato nulla" in page
    assert "con carta" in page


@pytest.mark.parametrize(
    ("url", "goal"),
    [
        ("{own}/demo/cassa/abc?x=1", "/demo/cassa/abc?x=1"),
        ("{own}//altrove.example", "/altrove.example"),
        ("{own}.altrove.example/", "{own}.altrove.example/"),
        ("https://altrove.example/", "https://altrove.example/"),
    ],
)
def test_our_own_pages_keep_the_name_by_which_the_visitor_came(shop: Shop, url: str, goal: str) -> None:
    own = shop.till.services.settings.public_url

    with shop.app.test_request_context():
        assert on_this_host(url.format(own=own)) == goal.format(own=own)


def test_an_answer_that_is_late_is_being_verified_and_then_paid(shop: Shop, clock: Clock) -> None:
    shop.press()
    shop.till.decide(after_seconds=20)
    shop.back()

    page = shop.browser.get(ORDER).text
    assert "Stiamo verificando" in page
    assert "con PayPal" not in page, "nobody pays twice meanwhile"
    assert "non pagato" not in page.lower()
    assert shop.browser.get(f"{ORDER}/pagamento", headers=HTMX).text.count("Stiamo verificando") == 1

    clock.forward(seconds=20)
    shop.till.come_back(shop.reference)
    answer = shop.browser.get(f"{ORDER}/pagamento", headers=HTMX)
    assert answer.headers["HX-Redirect"] == ORDER


def test_a_method_that_no_gateway_takes_goes_nowhere(shop: Shop) -> None:
    answer = shop.press("bank_transfer")

    assert answer.headers["Location"] == f"{ORDER}#paga"
    assert shop.till.attempts() == []


def test_an_order_paid_meanwhile_is_not_paid_again(shop: Shop) -> None:
    with shop.till.services.transaction() as session:
        register_payment(session, NUMBER, 610, TODAY, PaymentMethod.BANK_TRANSFER, "TRN-1", now=NOW)

    answer = shop.press()

    assert answer.status_code == 409
    assert shop.till.attempts() == []


def test_forms_may_lead_to_the_gateways_of_the_settings_alone(services: Services) -> None:
    stripe = StripeAccount("sk_test", "whsec", pages="https://pagamenti.example")
    settings = replace(services.settings, gateways=GatewaySettings(stripe=stripe))

    answer = create_app(replace(services, settings=settings)).test_client().get("/accedi")

    assert "form-action 'self' https://pagamenti.example;" in answer.headers["Content-Security-Policy"]


def test_nobody_is_led_to_a_page_elsewhere(shop: Shop) -> None:
    gateway = shop.till.gateway
    gateway._pages = "https://altrove.example/"
    elsewhere = replace(shop.till.services, gateways=Gateways({CARD: gateway}))

    with pytest.raises(ValueError, match="no page of a gateway"):
        shop_of(replace(shop.till, services=elsewhere)).press()


# Webhooks (S38)


def test_a_signed_webhook_has_its_effect_once(shop: Shop) -> None:
    shop.press()
    shop.till.decide()
    headers, body = shop.till.gateway.event(shop.reference, "evt_1")

    answers = [shop.webhook(headers, body) for _ in range(10)]

    assert {answer.status_code for answer in answers} == {204}
    assert shop.till.effects() == 1


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("signed", 204),
        ("no signature", 400),
        ("another secret", 400),
        ("one byte changed", 400),
        ("old", 400),
        ("from the future", 400),
        ("garbage", 400),
        ("too long", 413),
    ],
)
def test_s38_what_the_gateway_did_not_send_has_no_effect(
    shop: Shop, clock: Clock, how: str, status: int
) -> None:
    shop.press()
    shop.till.decide()
    headers, body = shop.till.gateway.event(shop.reference, "evt_1")
    if how == "no signature":
        headers = {}
    elif how == "another secret":
        headers = {"Simulated-Signature": signed(body, "guessed", clock())}
    elif how == "one byte changed":
        body = body.replace(b"evt_1", b"evt_2")
    elif how in ("old", "from the future"):
        moved = timedelta(seconds=-301 if how == "old" else 301)
        headers = {"Simulated-Signature": signed(body, SECRET, clock() + moved)}
    elif how == "garbage":
        body = b"\xff{"
        headers = {"Simulated-Signature": signed(body, SECRET, clock())}
    elif how == "too long":
        body += b" " * 65_536

    answer = shop.webhook(headers, body)

    assert answer.status_code == status
    assert shop.till.effects() == (1 if status == 204 else 0)


def test_a_gateway_that_is_not_ours_is_not_heard(shop: Shop) -> None:
    assert shop.webhook({}, b"{}", "stripe").status_code == 404


# «Cambia metodo»


def change(shop: Shop, method: str) -> TestResponse:
    return shop.browser.post(f"{ORDER}/metodo", {"method": method})


def test_every_way_to_pay_this_order_is_offered(shop: Shop) -> None:
    page = shop.browser.get(f"{ORDER}/metodo").text

    for method in ("card", "paypal", "bank_transfer", "prefilled_slip", "postal_slip"):
        assert f'value="{method}"' in page
    assert 'value="credit"' not in page, "without credit"


def test_paying_otherwise_closes_the_page_that_was_left_open(shop: Shop) -> None:
    shop.press()

    assert change(shop, "bank_transfer").status_code == 303

    assert shop.till.order().payment_method is PaymentMethod.BANK_TRANSFER
    assert [attempt.state for attempt in shop.till.attempts()] == [PaymentState.FAILED]
    shop.till.decide()
    shop.back()
    assert shop.till.payments() == [], "nobody can pay there any more"


def test_what_was_paid_meanwhile_is_found_before_the_method_changes(shop: Shop) -> None:
    shop.press()
    shop.till.decide()

    answer = change(shop, "bank_transfer")

    assert answer.status_code == 409
    assert shop.till.order().paid_at is not None
    assert shop.till.order().payment_method is CARD


def test_while_nobody_knows_no_other_way_is_begun(shop: Shop) -> None:
    shop.press()
    shop.till.decide(after_seconds=600)

    answer = change(shop, "bank_transfer")

    assert answer.status_code == 409
    assert shop.till.order().payment_method is CARD
    assert [attempt.state for attempt in shop.till.attempts()] == [PaymentState.PENDING]


def test_r05_while_a_gateway_is_down_pages_wait_for_nobody_and_others_take_the_money(
    services: Services, clock: Clock
) -> None:
    """After some failures in a row no page, and no press of «Paga», asks it any more: none is slow."""
    till = open_till(services)
    silent = Silent(till.gateway)
    gateways = replace(till.services.gateways, by_method={CARD: Breaker(silent, clock), PAYPAL: till.gateway})
    shop = shop_of(replace(till, services=replace(till.services, gateways=gateways)))
    for _ in range(FAILURES_IN_A_ROW):
        shop.press()
    asked = silent.asked

    pages = [ORDER, f"{ORDER}/metodo", "/credito", "/ordini", "/metodi-di-pagamento/nuovo"]
    statuses = {shop.browser.get(path).status_code for path in pages for _ in range(5)}
    pressed = [shop.press() for _ in range(20)]

    assert statuses == {200}
    assert {answer.status_code for answer in pressed} == {303}
    assert silent.asked == asked == FAILURES_IN_A_ROW
    assert "non risponde" in shop.browser.get(ORDER).text
    assert "/demo/cassa/" in shop.press("paypal").headers["Location"]


@dataclass
class Silent:
    """A gateway that nobody can reach."""

    behind: SimulatedGateway
    name: str = "silent"
    asked: int = 0

    def start(self, request: PaymentRequest) -> HostedPage:
        self.asked += 1
        raise Unreachable("no route")

    def ask(self, request: PaymentRequest) -> GatewayReport:
        self.asked += 1
        raise Unreachable("no route")
