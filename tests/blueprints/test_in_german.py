"""A customer whose language is German renews a mailbox and meets no Italian on the way."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.wiring import Services
from tests.blueprints.shop import Shopper, confirmed, shopper
from tests.blueprints.spoken import italian_on, said_on

ITALIAN_DAY = re.compile(r"\b\d\d/\d\d/\d{4}\b|\b(?:gennaio|febbraio|marzo|novembre|dicembre)\b")
GERMAN_DAY = re.compile(r"\b\d\d\.\d\d\.\d{4}\b")
ITALIAN_MONEY = re.compile(r"€\s?\d")
GERMAN_MONEY = re.compile(r"\d,\d\d\s€")


class German:
    """A shopper's browser whose every page is held against the catalogue."""

    def __init__(self, shopper: Shopper) -> None:
        self.shopper = shopper
        self.said = ""

    def reads(self, path: str) -> TestResponse:
        answer = self.shopper.browser.get(path)
        assert answer.status_code == 200, path
        assert '<html lang="de">' in answer.text
        assert italian_on(answer.text, "de") == [], path
        self.said = "\n".join(said_on(answer.text, "de"))
        assert not ITALIAN_DAY.search(self.said), path
        assert not ITALIAN_MONEY.search(self.said), path
        return answer


@pytest.fixture
def german(app: Flask, services: Services) -> German:
    customer = shopper(app, services, {}, {"expires_in": -3})
    customer.browser.post("/lingua", {"language": "de", "next": "/"})
    return German(customer)


def test_a_renewal_from_the_list_to_the_order_is_in_german(german: German) -> None:
    german.reads("/")
    german.reads("/caselle")
    assert GERMAN_DAY.search(german.said)
    german.reads(f"/caselle/{german.shopper.addresses[0]}")
    german.reads(f"/caselle/{german.shopper.addresses[0]}/rinnova")

    plan = german.shopper.start().plan
    german.reads(plan)
    assert GERMAN_MONEY.search(german.said)
    german.reads(f"{plan}/dati")
    german.shopper.keep_data()
    german.reads(f"{plan}/pagamento")
    german.shopper.pay_by_transfer()
    summary = german.reads(f"{plan}/conferma")
    number = german.shopper.confirm(confirmed(summary)).headers["Location"].rsplit("/", 1)[1]

    for page in (f"/ordini/{number}", f"/ordini/{number}/annulla", "/ordini", "/credito"):
        german.reads(page)
    assert GERMAN_MONEY.search(german.said)


def test_other_pages_of_a_customer_are_in_german(german: German) -> None:
    for path in (
        "/aiuto",
        "/accessibilita",
        "/comunicazioni",
        "/contratti",
        "/metodi-di-pagamento",
        "/profilo",
        "/profilo/attivita",
        "/profilo/avvisi",
        "/profilo/dati",
        "/profilo/password",
        "/profilo/sessioni",
        "/profilo/verifica",
        "/caselle/calendario",
        "/caselle/spesa",
        f"/caselle/{german.shopper.addresses[0]}/documento",
        f"/caselle/{german.shopper.addresses[0]}/rinnovo-automatico",
    ):
        german.reads(path)


def test_an_italian_page_would_be_found(german: German) -> None:
    german.shopper.browser.post("/lingua", {"language": "it", "next": "/"})
    page = german.shopper.browser.get("/caselle").text

    found = italian_on(page.replace('lang="it"', 'lang="de"', 1), "de")

    assert {"Le mie caselle PEC", "Scadenza più vicina", "Tutte, anche le cancellate"} <= set(found)
    assert any("Seleziona tutte le caselle" in said for said in found)
