"""The short way of a member through the pages, and what they say where a body pays or nothing is in force."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.wiring import Services
from tests.blueprints.shop import Shopper, as_mailbox, shopper
from tests.factories import (
    ARCHITECTS,
    DOCTORS,
    LAWYERS,
    make_billing,
    make_conventions,
    make_mailbox,
    make_prices,
)

MEMBER = {"convention_code": DOCTORS.code}


def member(app: Flask, services: Services) -> Shopper:
    """Return a member's own session with its renewal begun."""
    with services.transaction() as session:
        make_prices(session)
        make_conventions(session)
        box = make_mailbox(session, None, "dott.bianchi@ordine.example", **MEMBER)  # type: ignore[arg-type]
        make_billing(session, mailbox_id=box.id)
    return as_mailbox(app, services, "dott.bianchi@ordine.example")


def only_line(services: Services) -> DraftLine:
    with services.reading() as session:
        return session.scalars(select(DraftLine)).one()


def test_a_member_goes_from_the_summary_to_the_order_without_a_choice(app: Flask, services: Services) -> None:
    who = member(app, services)

    page = who.browser.get(who.plan).text
    assert "Rinnovo in convenzione" in page
    assert "Riepilogo" in page
    assert "€\u00a04,00 + IVA per 3 anni in tutto" in page
    assert 'type="radio"' not in page
    answer = who.change(0, by_htmx=False, row=who.open_row(0), plan="standard", years=3, step="go_on")
    assert answer.status_code == 303
    number = who.order()

    with services.reading() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        line = session.scalars(select(OrderLine)).one()
    assert (order.due_cents, line.term_years) == (488, 3)
    shown = who.browser.get(f"/ordini/{number}").text
    assert "4,88" in shown


def test_no_page_of_a_member_prints_a_price_by_the_year(app: Flask, services: Services) -> None:
    who = member(app, services)
    pages = [
        who.browser.get(path).text
        for path in (f"/caselle/{who.addresses[0]}", f"/caselle/{who.addresses[0]}/rinnova", who.plan)
    ]

    for page in pages:
        assert "1,33" not in page
        assert "4,00 + IVA per anno" not in page


@pytest.mark.parametrize(
    ("choice", "status"),
    [
        ({"plan": "pro", "years": 3}, 422),
        ({"plan": "standard", "years": 1}, 422),
        ({"plan": "standard", "years": 5}, 422),
        ({"plan": "domain", "years": 3}, 422),
        ({"plan": "standard", "years": 3, "extra_mailbox_gb": 2}, 422),
    ],
)
def test_what_a_member_slips_into_the_form_is_refused(
    app: Flask, services: Services, choice: dict[str, object], status: int
) -> None:
    who = member(app, services)

    answer = who.change(0, **choice)

    assert answer.status_code == status
    line = only_line(services)
    assert (line.plan, line.term_years, line.extra_mailbox_gb) == ("standard", 3, 0)


def test_changing_all_rows_says_that_conventions_stay(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        make_conventions(session)
    who = shopper(app, services, {}, MEMBER, {}).start()

    who.browser.post(f"{who.plan}/tutte", {"plan": "pro", "years": "2"})
    page = who.browser.get(who.plan).text

    assert "Applicato a 2 caselle." in page
    assert "1 casella resta com'è: piano, durata e prezzo li fissa la convenzione." in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            ARCHITECTS.code,
            ["La rinnova l'ente", "(Ordine degli Architetti)", "Non devi ordinare né pagare nulla"],
        ),
        (LAWYERS.code, ["non è in vigore oggi", "Ordine degli Avvocati", "assistenza@"]),
        ("UNKNOWN", ["UNKNOWN</span> non è in vigore oggi", "chi gestisce la convenzione", "assistenza@"]),
    ],
)
def test_where_nobody_can_pay_the_page_says_whom_to_ask_and_no_price(
    app: Flask, services: Services, code: str, words: list[str]
) -> None:
    with services.transaction() as session:
        make_conventions(session)
    who = shopper(app, services, {"convention_code": code, "auto_renewal": True})
    address = who.addresses[0]

    page = who.browser.get(f"/caselle/{address}").text
    before = who.browser.get(f"/caselle/{address}/rinnova").text
    begun = who.browser.post(f"/caselle/{address}/rinnova")

    for word in words:
        assert word in page
    assert "€" not in page
    assert "€" not in before
    assert f'href="/caselle/{address}/rinnova"' not in page
    assert begun.status_code == 409
    if code == ARCHITECTS.code:
        assert ">Rinnova<" not in page
        assert "Rinnovo automatico" not in page


def test_a_domain_mailbox_is_shown_and_explained_and_never_renewed(app: Flask, services: Services) -> None:
    who = shopper(app, services, {"plan": "domain", "auto_renewal": True})
    address = who.addresses[0]
    with services.reading() as session:
        box_id = session.scalars(select(Mailbox.id).where(Mailbox.address == address)).one()

    page, listed = who.browser.get(f"/caselle/{address}").text, who.browser.get("/caselle?cerca=casella").text
    who.browser.post("/caselle/selezione", {"mostrata": box_id, "casella": box_id})

    assert "Insieme al dominio" in page
    assert "Rinnovo automatico" not in page
    assert 'name="casella"' not in listed
    assert who.browser.post("/rinnovo").status_code == 422
    assert who.browser.post(f"/caselle/{address}/rinnova").status_code == 409
