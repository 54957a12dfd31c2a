"""A freelancer renews for two years with one more GB and pays by card: refused once, then done."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.customers import PASSWORD, new_customer, until_it_says
from e2e.steps import (
    accept_the_texts,
    add_nothing,
    has_scripts,
    mail_about,
    no_barriers,
    order_number,
    press,
    sign_in,
    total_due,
)
from portal.demo.holders import person
from tests.servers.portal import DemoPortal

LIA = person("freelancer", "Lia", "Marchetti", 62, vat=True)


def test_two_years_one_more_gb_by_card(any_page: Page, demo: DemoPortal, tmp_path: Path) -> None:
    page = any_page
    mine = new_customer(demo, tmp_path, LIA)
    sign_in(page, mine.address, at=f"/caselle/{mine.address}/rinnova", password=PASSWORD)
    press(page, "Continua")
    page.get_by_role("radio", name="2 anni").check()
    press(page, "Più: Spazio casella aggiuntivo")
    expect(page.locator("#totals")).to_contain_text("19,52")
    no_barriers(page)
    press(page, "Prosegui e completa l'ordine")
    expect(page.get_by_role("radio", name="No", exact=True)).to_be_checked()
    add_nothing(page)
    give_a_pec_for_invoices(page)
    choose_card_without_auto_renewal(page)

    accept_the_texts(page)
    assert total_due(page) == 1952
    press(page, "Conferma e paga")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cassa simulata")
    no_barriers(page)
    press(page, "Rifiuta: disponibilità insufficiente")
    number = order_number(page)
    until_it_says_text(page, "Il pagamento non è riuscito")
    no_barriers(page)
    press(page, "Paga € 19,52 con carta")
    press(page, "Approva")
    order_number(page)
    until_it_says(page, "Rinnovo completato")
    no_barriers(page)
    letter = mail_about(page, f"{number}.*rinnovata").locator("main")
    expect(letter).to_contain_text(mine.address)


def give_a_pec_for_invoices(page: Page) -> None:
    """Choose PEC at «Dati», first without writing one."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Dati")
    pec = page.get_by_label("PEC per le fatture")
    if has_scripts(page):
        expect(pec).to_be_hidden()
    page.get_by_role("radio", name="PEC", exact=True).check()
    press(page, "Prosegui")
    expect(page.locator("#errori")).to_contain_text("PEC per le fatture")
    no_barriers(page)
    pec.fill("fatture@pec.example")
    press(page, "Prosegui")


def choose_card_without_auto_renewal(page: Page) -> None:
    """Choose the card; the question about auto-renewal has to be answered, and nothing is preselected."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Pagamento")
    page.get_by_role("radio", name="Carta di credito").check()
    press(page, "Prosegui")
    expect(page.locator("#errori")).to_contain_text("Scegli se attivare il rinnovo automatico")
    expect(page.get_by_role("radio", name="Carta di credito")).to_be_checked()
    no_barriers(page)
    page.get_by_role("radio", name="No, rinnovo io ogni volta").check()
    press(page, "Prosegui")
    expect(page.get_by_role("heading", level=1)).to_have_text("Conferma")
    no_barriers(page)


def until_it_says_text(page: Page, words: str) -> None:
    """Look at the page again until it says this somewhere."""
    said = page.get_by_text(words)
    for _ in range(40):
        if said.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(said.first).to_be_visible()
