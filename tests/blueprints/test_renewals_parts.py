"""What htmx gets in a renewal: parts only, all that changed, in few statements and few bytes."""

from __future__ import annotations

import re

from flask import Flask

from portal.domain.plans import Plan
from portal.wiring import Services
from tests.blueprints.browser import HTMX
from tests.blueprints.shop import as_mailbox, big_shopper, shopper
from tests.statements import counted

SIGN_IN = 1
"""Every request asks who is signed in."""


def test_a_change_answers_with_its_row_and_the_sums(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()

    answer = person.change(plan="pro", years=2)

    assert "<html" not in answer.text
    assert 'id="totals" hx-swap-oob="innerHTML"' in answer.text
    assert "€\u00a055,00 + IVA" in answer.text
    assert "€\u00a067,10" in answer.text
    assert re.search(r'id="testa-\d+" hx-swap-oob="innerHTML"', answer.text)
    assert re.search(r'id="costi-\d+" hx-swap-oob="innerHTML"', answer.text)
    assert "Pro · 2 anni" in answer.text
    assert "i giorni che restano non costano nulla" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in answer.headers["Vary"]


def test_the_sums_are_announced_and_the_live_region_stays(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    page = person.browser.get(person.plan).text

    assert '<div id="totals" role="status">' in page


def test_every_control_of_a_row_keeps_its_name_and_its_focus(app: Flask, services: Services) -> None:
    person = shopper(app, services, {"plan": Plan.PRO}, {}).start()
    part = person.browser.get(f"{person.plan}?apri={person.addresses[0]}", headers=HTMX).text

    inputs = re.findall(r'<input(?![^>]*type="hidden")[^>]*>', part)

    assert len(inputs) == 3 + 5 + 2
    assert all(' id="' in each for each in inputs)
    assert 'hx-sync="#righe:queue all"' in part


def test_the_page_name_stays_with_its_page(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    row = person.open_row()

    first = person.change(row=row, years=2)

    assert f'name="page" value="{row["page"]}"' in first.text
    assert person.open_row()["page"] != row["page"]


def test_a_refused_change_keeps_the_rest_of_the_page_right(app: Flask, services: Services) -> None:
    person = shopper(app, services, {"mailbox_used_mb": 900}, {}).start()

    answer = person.change(plan="standard", extra_mailbox_gb=5)

    assert answer.status_code == 422
    assert 'id="totals" hx-swap-oob="innerHTML"' in answer.text
    assert 'role="alert"' in answer.text


def test_a_mailbox_ordered_meanwhile_answers_as_left_out(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()
    row = person.open_row()
    as_mailbox(app, services, person.addresses[0]).order()

    answer = person.change(row=row, years=2)
    opened = person.browser.get(f"{person.plan}?apri={person.addresses[0]}", headers=HTMX)

    assert (answer.status_code, opened.status_code) == (409, 200)
    assert all("Non è compresa nel totale" in part.text for part in (answer, opened))


def test_statements_of_the_wizard(app: Flask, services: Services) -> None:
    person = big_shopper(app, services, 120).start()
    row = person.open_row()
    token = person.browser.token()
    browser, plan = person.browser, person.plan
    sent = {}

    with counted(services.engine) as statements:
        assert browser.get(plan).text.count('class="card fold"') == 50
        sent["page of 50"] = len(statements)
    with counted(services.engine) as statements:
        browser.get(f"{plan}?apri={person.addresses[0]}", headers=HTMX)
        sent["row"] = len(statements)
    with counted(services.engine) as statements:
        fields = {"plan": "pro", "extra_mailbox_gb": "1", "years": "2"} | row | {"turn": "1"}
        browser.post(person.row(), fields, token=token, headers=HTMX)
        sent["change"] = len(statements)
    with counted(services.engine) as statements:
        browser.get(f"{plan}/pagamento")
        sent["payment"] = len(statements)

    assert sent == {
        "page of 50": 3 + SIGN_IN,
        "row": 3 + SIGN_IN,
        "change": 5 + SIGN_IN,
        "payment": 7 + SIGN_IN,
    }


def test_a_change_is_a_few_kilobytes(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    packed = person.change(plan="premium", row=person.open_row())
    gzip = person.browser.post(
        person.row(),
        {"plan": "pro", "extra_mailbox_gb": "0", "years": "1"} | person.open_row() | {"turn": "1"},
        headers=HTMX | {"Accept-Encoding": "gzip"},
    )

    assert packed.status_code == 200
    assert len(gzip.data) <= 4_096


def test_pages_of_rows_follow_each_other(app: Flask, services: Services) -> None:
    person = big_shopper(app, services, 120).start()
    seen: list[str] = []
    address = person.plan

    for _ in range(3):
        page = person.browser.get(address).text
        seen += re.findall(r"Apri le scelte per ([^<]+)<", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""

    assert address == ""
    assert seen == person.addresses
    back = re.search(r'href="([^"]+)" rel="prev"', page)
    assert back
    again = person.browser.get(back[1].replace("&amp;", "&")).text
    assert re.findall(r"Apri le scelte per ([^<]+)<", again) == person.addresses[50:100]
