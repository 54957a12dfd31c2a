"""A public body renews: office code and CIG for the invoice, and with split payment it pays the net."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.customers import PASSWORD, new_customer, pay_in_full
from e2e.steps import (
    accept_the_texts,
    add_nothing,
    due_of_order,
    mail_about,
    no_barriers,
    order_number,
    pay_by_transfer,
    press,
    sign_in,
    total_due,
)
from portal.demo.holders import body
from tests.servers.portal import DemoPortal

TOWN = body("public_body", "Comune di Prova", "protocollo@comune-di-prova.example", 63, vat=False)


def test_split_payment(any_page: Page, demo: DemoPortal, tmp_path: Path) -> None:
    page = any_page
    mine = new_customer(demo, tmp_path, TOWN)
    sign_in(page, mine.address, at=f"/caselle/{mine.address}/rinnova", password=PASSWORD)
    press(page, "Continua")
    press(page, "Prosegui e completa l'ordine")
    add_nothing(page)
    give_codes(page)
    pay_by_transfer(page)

    total = page.locator("main")
    expect(total).to_contain_text("Scissione dei pagamenti")
    expect(page.locator("tr", has_text="IVA 22%")).to_contain_text("1,10")
    assert total_due(page) == 500
    accept_the_texts(page)
    press(page, "Conferma l'ordine con obbligo di pagare")
    number = order_number(page)
    assert due_of_order(page) == 500
    expect(page.locator("main")).to_contain_text("Scissione dei pagamenti: l'IVA la versa l'ente.")
    no_barriers(page)
    expect(mail_about(page, number).locator("main")).to_contain_text("5,00")

    page.goto(f"/ordini/{number}")
    pay_in_full(demo, page, number)
    no_barriers(page)


def give_codes(page: Page) -> None:
    """Fill in office code and CIG, first wrongly; what was typed right stays."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Dati")
    office, tender = page.get_by_label("Codice univoco ufficio"), page.get_by_label("CIG")
    office.fill("UFABC")
    tender.fill("Z1234567")
    page.get_by_label("CUP").fill("")
    press(page, "Prosegui")
    errors = page.locator("#errori")
    expect(errors).to_contain_text("Il codice univoco ufficio ha 6 lettere e cifre")
    expect(errors).to_contain_text("Il CIG ha 10 lettere e cifre")
    expect(tender).to_have_value("Z1234567")
    no_barriers(page)
    office.fill("ufabc1")
    tender.fill("Z123456789")
    page.get_by_role("checkbox", name="Scissione dei pagamenti").check()
    press(page, "Prosegui")
