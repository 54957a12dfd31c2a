"""`/caselle/spesa` and `/caselle/allinea`: money by month, and what one date for all would cost."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.domain.access import Subject, SubjectKind
from portal.domain.plans import Plan
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import People, Person
from tests.factories import TODAY, fill_account, make_account, make_mailbox, make_prices
from tests.statements import counted


@pytest.fixture
def owner(visitor: Browser, services: Services) -> Browser:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        make_mailbox(session, account, expires_in=12)
        make_mailbox(session, account, expires_in=40, plan=Plan.PRO)
        make_mailbox(session, account, expires_in=-3)
        make_mailbox(session, account, expires_in=800)
    return visitor.enter(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))


def test_each_month_says_what_it_needs(owner: Browser) -> None:
    page = owner.get("/caselle/spesa").text

    for words in ("Già scadute", "€\xa05,00", "€\xa01,10", "€\xa06,10", "€\xa030,50", "€\xa042,70"):
        assert words in page


def test_the_months_come_as_a_file(owner: Browser) -> None:
    answer = owner.get("/caselle/spesa/esporta")
    rows = list(csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";"))

    assert rows[0] == ["Mese", "Caselle", "Senza IVA", "IVA", "Totale con IVA"]
    assert rows[1] == ["Già scadute", "1", "5,00", "1,10", "6,10"]
    assert rows[-1] == ["Totale", "3", "35,00", "7,70", "42,70"]
    assert len(rows) == 15
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=spesa-pec-")


def test_one_date_for_all_is_told_as_it_is(owner: Browser) -> None:
    target = TODAY + timedelta(days=365)
    page = owner.get(f"/caselle/allinea?data={target.isoformat()}").text

    assert "non si possono far scadere tutte lo stesso giorno" in page
    assert "Per 1 anno" in page
    assert "Per 2 anni" in page
    assert "1 casella è già pagata" in page
    assert "€\xa040,00 + IVA" in page


@pytest.mark.parametrize("typed", ["ieri", "2026-11-24", "2020-01-01", "9999-12-31", "2026-13-01", "\x00"])
def test_a_date_that_cannot_be_is_refused_at_the_field(owner: Browser, typed: str) -> None:
    answer = owner.client.get("/caselle/allinea", query_string={"data": typed})

    assert answer.status_code in (400, 422)
    assert "Scegli un giorno dopo oggi" in answer.text or answer.status_code == 400


def test_without_a_date_it_is_the_latest_expiry(owner: Browser) -> None:
    assert f'value="{(TODAY + timedelta(days=800)).isoformat()}"' in owner.get("/caselle/allinea").text


def test_a_mailbox_of_its_own_has_no_budget(people: People, enter: Callable[[Person], Browser]) -> None:
    browser = enter(people.mailbox)

    for path in ("/caselle/spesa", "/caselle/spesa/esporta", "/caselle/allinea"):
        assert browser.get(path).status_code == 404


def test_an_account_without_mailboxes_is_told_so(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
    browser = Browser(app).enter(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))

    assert "Niente da allineare" in browser.get("/caselle/allinea").text
    assert "Nessuna spesa in vista" in browser.get("/caselle/spesa").text


def test_many_mailboxes_take_no_more_statements(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        make_mailbox(session, account)
    browser = Browser(app).enter(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))

    def asked() -> int:
        with counted(services.engine) as sent:
            assert browser.get("/caselle/allinea").status_code == 200
        return len(sent)

    few = asked()
    with services.transaction() as session:
        fill_account(session, account, 3_000)

    assert asked() == few
