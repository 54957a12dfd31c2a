"""Ways to pay, on a small phone and without scripts: refused and paid otherwise, by slip, from credit."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.customers import until_it_says
from e2e.steps import (
    ACCOUNT,
    accept_the_texts,
    add_nothing,
    cents_in,
    due_of_order,
    no_barriers,
    order_number,
    press,
    sign_in,
    through_the_data,
    to_the_order,
    total_due,
)
from tests.servers.portal import DemoPortal

FAR = "direzione@contiesoci.pec.example"
SOON = "cantieri@contiesoci.pec.example"
MAILBOXES = {"phone": "gare@contiesoci.pec.example", "plain": "logistica@contiesoci.pec.example"}


@pytest.fixture(params=["phone", "plain"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(kind: str, new_page: Callable[[str], Page]) -> Page:
    """Two visitors: 360 pixels wide with scripts, and without any."""
    return new_page(kind)


def test_declined_by_card_then_paid_by_paypal(page: Page, kind: str) -> None:
    sign_in(page, ACCOUNT, at=f"/caselle/{MAILBOXES[kind]}/rinnova")
    press(page, "Continua")
    press(page, "Prosegui e completa l'ordine")
    add_nothing(page)
    through_the_data(page)
    page.get_by_role("radio", name="Carta di credito").check()
    page.get_by_role("radio", name="No, rinnovo io ogni volta").check()
    press(page, "Prosegui")
    accept_the_texts(page)
    due = total_due(page)
    press(page, "Conferma e paga")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cassa simulata")
    press(page, "Rifiuta: disponibilità insufficiente")
    order_number(page)
    expect(page.locator("main")).to_contain_text("Il pagamento non è riuscito")
    no_barriers(page)

    press(page, "Cambia metodo")
    no_barriers(page)
    expect(page.get_by_role("radio", name=re.compile("^Carta"))).to_be_checked()
    page.get_by_role("radio", name=re.compile("^PayPal")).check()
    press(page, "Usa questo metodo")
    assert due in cents_in(page.locator("#paga").inner_text())
    no_barriers(page)
    page.get_by_role("button", name=re.compile("con PayPal")).click()
    expect(page.locator("main")).to_contain_text("PayPal (simulato)")
    assert due in cents_in(page.locator("main").inner_text())
    press(page, "Approva")
    order_number(page)
    until_it_says(page, "Rinnovo completato")


def test_by_slip_said_to_be_paid_and_registered(page: Page, kind: str, demo: DemoPortal) -> None:
    mailbox = {"phone": "acquisti@contiesoci.pec.example", "plain": "personale@contiesoci.pec.example"}[kind]
    sign_in(page, ACCOUNT, at=f"/caselle/{mailbox}/rinnova")
    press(page, "Continua")
    number = to_the_order(page)
    due = due_of_order(page)
    press(page, "Cambia metodo")
    page.get_by_role("radio", name=re.compile("^Bollettino postale")).check()
    press(page, "Usa questo metodo")
    expect(page.locator("#paga")).to_contain_text(number)
    no_barriers(page)

    press(page, "Ho pagato", exact=False)
    no_barriers(page)
    page.get_by_label("Codice della ricevuta (VCYL)").fill(f"VCYL 0042 {kind}")
    page.locator("main form").get_by_role("button", name="Ho pagato").click()
    expect(page.locator("main")).to_contain_text(f"VCYL0042{kind.upper()}")
    amount = f"{due // 100}.{due % 100:02}"
    day = demo.today().isoformat()
    by = ("--method", "postal_slip", "--reference", f"VCYL 0042 {kind}")
    demo.operator("payments", "register", number, "--amount", amount, "--on", day, *by)
    page.goto(f"/ordini/{number}")
    until_it_says(page, "Rinnovo completato")


def test_more_space_in_each_window_with_a_top_up_on_the_way(page: Page) -> None:
    sign_in(page, ACCOUNT, at=f"/caselle/{FAR}/spazio?mailbox_gb=1")
    no_barriers(page)
    press(page, "Ricarica", exact=False)
    no_barriers(page)
    press(page, "Vai al pagamento")
    press(page, "Approva")

    expect(page.get_by_role("heading", level=1)).to_have_text("Acquista nuovo servizio aggiuntivo")
    expect(page.locator("main")).to_contain_text("il credito è disponibile, puoi continuare")
    no_barriers(page)
    page.get_by_role("button", name=re.compile("Conferma e paga")).click()
    number = order_number(page)
    expect(page.locator("main")).to_contain_text("+1 GB")
    page.goto("/ordini?cerca=direzione")
    expect(page.locator("main")).to_contain_text(number)

    page.goto(f"/caselle/{SOON}/spazio?mailbox_gb=1")
    expect(page.locator("main")).to_contain_text("Adesso non paghi nulla")
    no_barriers(page)
