"""«Pagamento» with card and PayPal: the question about auto-renewal, and on to the gateway's page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.app import create_app
from portal.store.attempts import PaymentAttempt
from portal.store.orders import Order
from portal.store.stored_methods import AutoRenewalConsent
from portal.wiring import Services
from tests.blueprints.shop import Shopper, shopper
from tests.conftest import Clock
from tests.tills import with_simulated

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def person(services: Services) -> Shopper:
    """Somebody with one mailbox to renew, where card and PayPal can be chosen."""
    tilled = with_simulated(services)
    app: Flask = create_app(tilled)
    app.testing = True
    return shopper(app, tilled, {}).start()


@pytest.fixture
def consents(services: Services) -> Callable[[], list[bool]]:
    def read() -> list[bool]:
        with services.reading() as session:
            return list(session.scalars(select(AutoRenewalConsent.wanted)))

    return read


def test_card_and_paypal_come_first_and_nothing_is_preselected(person: Shopper) -> None:
    page = person.browser.get(f"{person.plan}/pagamento").text

    assert page.index('value="card"') < page.index('value="paypal"') < page.index('value="bank_transfer"')
    assert " checked" not in page
    assert "Vuoi il rinnovo automatico?" in page


@pytest.mark.parametrize("method", ["card", "paypal"])
def test_without_an_answer_nothing_goes_on(person: Shopper, method: str) -> None:
    answer = person.browser.post(f"{person.plan}/pagamento", {"method": method})

    assert answer.status_code == 422
    assert 'href="#auto_renewal"' in answer.text
    assert f'value="{method}" checked' in answer.text, "what was chosen stays chosen"


def test_an_answer_without_a_method_is_kept(person: Shopper) -> None:
    answer = person.browser.post(f"{person.plan}/pagamento", {"auto_renewal": "no"})

    assert answer.status_code == 422
    assert 'href="#method"' in answer.text
    assert 'value="no" checked' in answer.text


def test_a_transfer_asks_nothing(person: Shopper, consents: Callable[[], list[bool]]) -> None:
    answer = person.browser.post(
        f"{person.plan}/pagamento", {"method": "bank_transfer", "auto_renewal": "yes"}
    )

    assert answer.status_code == 303
    assert consents() == []


@pytest.mark.parametrize(
    ("said", "wanted", "shown"), [("yes", True, "sì, come hai scelto"), ("no", False, ">no<")]
)
def test_the_answer_is_kept_and_shown_before_confirming(
    person: Shopper, consents: Callable[[], list[bool]], said: str, *, wanted: bool, shown: str
) -> None:
    answer = person.browser.post(f"{person.plan}/pagamento", {"method": "card", "auto_renewal": said})

    assert answer.status_code == 303
    assert consents() == [wanted]
    page = person.browser.get(f"{person.plan}/conferma").text
    assert shown in page
    assert "Conferma e paga" in page
    again = person.browser.get(f"{person.plan}/pagamento").text
    assert f'value="{said}" checked' in again


def test_s42_a_maximum_that_changed_meanwhile_is_read_again(
    person: Shopper, consents: Callable[[], list[bool]]
) -> None:
    posted = {"method": "card", "auto_renewal": "yes", "shown": "2026-12:99900"}

    answer = person.browser.post(f"{person.plan}/pagamento", posted)

    assert answer.status_code == 409
    assert "rispondi di nuovo" in answer.text
    assert consents() == []
    assert (
        person.browser.post(f"{person.plan}/pagamento", posted | {"shown": "2026-12:1000"}).status_code == 303
    )


def test_confirming_leads_to_the_gateways_page(person: Shopper, services: Services) -> None:
    person.browser.post(f"{person.plan}/pagamento", {"method": "paypal", "auto_renewal": "no"})

    answer = person.confirm()

    with services.reading() as session:
        (attempt,) = session.scalars(select(PaymentAttempt))
    assert answer.status_code == 303
    assert attempt.page_url.endswith(answer.headers["Location"])
    assert not attempt.keeps_method


def test_a_mandate_needs_a_recent_password(person: Shopper, clock: Clock, services: Services) -> None:
    person.browser.post(f"{person.plan}/pagamento", {"method": "card", **_said(person, "yes")})
    fields = person.summary()
    clock.forward(minutes=16)

    asked = person.confirm(fields)

    assert (asked.status_code, "Conferma che sei tu" in asked.text) == (403, True)
    assert f'name="shown_quote" value="{fields["shown_quote"]}"' in asked.text
    with services.reading() as session:
        assert session.scalars(select(Order)).all() == []


def test_an_order_without_one_needs_none(person: Shopper, clock: Clock, services: Services) -> None:
    person.browser.post(f"{person.plan}/pagamento", {"method": "card", **_said(person, "no")})
    fields = person.summary()
    clock.forward(minutes=16)

    assert person.confirm(fields).status_code == 303


def test_a_method_changed_after_ordering_gives_no_mandate(
    person: Shopper, clock: Clock, services: Services
) -> None:
    """S20: what was answered for a card is forgotten with the card, whatever the order is paid with later."""
    person.browser.post(f"{person.plan}/pagamento", {"method": "card", **_said(person, "yes")})
    person.browser.post(f"{person.plan}/pagamento", {"method": "bank_transfer", "auto_renewal": "yes"})
    clock.forward(minutes=16)
    number = person.confirm().headers["Location"].rsplit("/", 1)[1]

    changed = person.browser.post(f"/ordini/{number}/metodo", {"method": "card", "auto_renewal": "yes"})
    led = person.browser.post(f"/ordini/{number}/paga", {"method": "card", "auto_renewal": "yes"})

    assert (changed.status_code, led.status_code) == (303, 303)
    with services.reading() as session:
        assert session.scalars(select(Order.auto_renewal_consent_id)).one() is None
        assert session.scalars(select(PaymentAttempt.keeps_method)).one() is False


def _said(person: Shopper, answer: str) -> dict[str, str]:
    """Return the answer about auto-renewal, with what the page showed."""
    page = person.browser.get(f"{person.plan}/pagamento")
    shown = re.search(r'name="shown" value="([^"]*)"', page.text)
    return {"auto_renewal": answer, **({"shown": shown[1]} if shown else {})}
