"""The page that switches auto-renewal for the selection: preview, limit, on, off."""

from __future__ import annotations

import pytest

from portal.app import create_app
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.conftest import Clock
from tests.usecases.renewing import Days, renewing
from tests.usecases.test_auto_renewals_of_many import off, select_all

PAGE = "/caselle/rinnovo-automatico"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def days(services: Services, clock: Clock) -> Days:
    days = renewing(services, clock, mailboxes=3, expires_in=60)
    select_all(days)
    off(days)
    return days


@pytest.fixture
def person(days: Days) -> Browser:
    app = create_app(days.services)
    app.testing = True
    return Browser(app).enter(days.services, days.subject)


def form(days: Days, **fields: str) -> dict[str, str]:
    return {"method": f"m-{days.subject.account_id:06}", "maximum": "20,00", "agreed": "1"} | fields


def test_the_page_says_the_charges_by_month_and_their_total(person: Browser) -> None:
    text = person.get(PAGE).text

    assert "3 caselle selezionate" in text
    assert "gennaio 2027" in text
    assert "18,30" in text
    assert "Attiva per 3 caselle" in text


def test_another_limit_is_tried_before_anything_is_agreed(person: Browser) -> None:
    text = person.get(f"{PAGE}?limite=5,00").text

    assert "3 caselle restano fuori" in text
    assert "Attiva per" not in text
    assert person.get(f"{PAGE}?limite=tanto").status_code == 422


def test_on_then_off_for_all(person: Browser, days: Days) -> None:
    assert person.post(PAGE, form(days)).status_code == 303
    assert "attivo per 3 caselle" in person.get("/caselle").text
    assert [days.mailbox(place).auto_renewal for place in range(3)] == [True] * 3

    days.clock.forward(seconds=1)
    assert person.post(f"{PAGE}/disattiva", {"quali": "tutte"}).status_code == 303
    assert [days.mailbox(place).auto_renewal for place in range(3)] == [False] * 3


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("method", "", "Scegli il metodo"),
        ("maximum", "1,00", "Con questo limite nessuna casella"),
        ("maximum", "99999,00", "può essere al massimo"),
        ("maximum", "x", "Scrivi un importo"),
        ("agreed", "", "serve il tuo accordo"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_switched(
    person: Browser, days: Days, field: str, value: str, words: str
) -> None:
    answer = person.post(PAGE, form(days, **{field: value}))

    assert answer.status_code == 422
    assert words in answer.text
    assert not days.mailbox().auto_renewal


def test_with_nothing_selected_it_leads_to_the_list(services: Services, clock: Clock) -> None:
    days = renewing(services, clock)
    app = create_app(days.services)

    text = Browser(app).enter(days.services, days.subject).get(PAGE).text

    assert "Nessuna casella selezionata" in text
    assert "Disattiva l&#39;unica casella attiva" in text or "Disattiva l'unico rinnovo automatico" in text
