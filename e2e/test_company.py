"""A company renews its own mailbox, on a smaller plan, and its consultant's; two tabs, then one slip."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from e2e.customers import PASSWORD, import_register, new_account
from e2e.steps import (
    accept_the_texts,
    due_of_order,
    has_scripts,
    mail_about,
    no_barriers,
    order_number,
    press,
    sign_in,
    total_due,
)
from portal.demo.holders import body, person
from tests.servers.portal import DemoPortal

COMPANY = body("company", "Vetreria Prova S.r.l.", "ufficio@vetreria-prova.example", 64)
CONSULTANT = person("freelancer", "Ugo", "Martini", 65, vat=True)


def test_a_smaller_plan_a_kit_and_two_holders(any_page: Page, demo: DemoPortal, tmp_path: Path) -> None:
    page, account, own, other = any_page, *import_the_company(demo, tmp_path)
    sign_in(page, account, password=PASSWORD)
    page.goto("/caselle")
    press(page, "Applica")
    expect(page.locator("#selezione")).to_contain_text("2 caselle selezionate")
    page.locator("#selezione").get_by_role("button", name="Rinnova", exact=True).click()
    give_up_the_archive(page, own)
    press(page, "Prosegui e completa l'ordine")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vuoi aggiungere qualcosa?")
    take_one_kit(page)
    complete_the_consultant(page)
    give_a_code_for_invoices(page)
    page.get_by_role("radio", name=re.compile("Bollettino precompilato")).check()
    press(page, "Prosegui")

    expect(page.get_by_role("heading", level=1)).to_have_text("Conferma")
    no_barriers(page)
    assert total_due(page) == 5612
    accept_the_texts(page)
    change_the_term_in_another_tab(page, other)
    press(page, "Conferma l'ordine con obbligo di pagare")
    expect(page.locator("main")).to_contain_text("Il totale è cambiato: controllalo prima di confermare")
    no_barriers(page)
    assert total_due(page) == 6222
    accept_the_texts(page)
    press(page, "Conferma l'ordine con obbligo di pagare")
    number = order_number(page)
    assert due_of_order(page) == 6222
    no_barriers(page)
    letter = mail_about(page, number).locator("main")
    expect(letter).to_contain_text("62,22")
    expect(letter).to_contain_text(own)


def import_the_company(demo: DemoPortal, folder: Path) -> tuple[str, str, str]:
    """Import both mailboxes under one account; return the account and the two addresses."""
    account = new_account(folder)
    own, other = (f"{local}.{account.split('@')[0]}@pec.example" for local in ("vetreria", "martini"))
    common = {"account": account, "account_email": COMPANY.contact_email, "mailbox_used_mb": "300"}
    mine = {"address": own, "plan": "pro", "expires_on": str(demo.today() + timedelta(days=40))}
    import_register(
        demo,
        folder,
        [
            {**COMPANY.columns(), **mine, **common, "archive_used_mb": "700"},
            {**CONSULTANT.columns(), **mine, **common, "address": other, "plan": "standard", "phone": ""},
        ],
    )
    demo.operator("accounts", "set-password", account, "--stdin", typed=f"{PASSWORD}\n")
    return account, own, other


def give_up_the_archive(page: Page, address: str) -> None:
    """Choose Standard for the mailbox with an archive: its deletion has to be accepted on its own."""
    row = open_row(page, address)
    row.locator("label.plan-choice", has_text="STANDARD").click()
    update(page, row)
    consent = page.get_by_role("checkbox", name=re.compile("Accetto la cancellazione dell'archivio"))
    expect(consent).to_be_visible()
    expect(consent).not_to_be_checked()
    no_barriers(page)
    press(page, "Prosegui e completa l'ordine")
    expect(page.locator("main")).to_contain_text("Manca ancora qualcosa")
    row = open_row(page, address)
    page.get_by_role("checkbox", name=re.compile("Accetto la cancellazione dell'archivio")).check()
    update(page, row)
    expect(page.locator("#totals")).to_contain_text("12,20")


def open_row(page: Page, address: str) -> Locator:
    """Open the choices of one mailbox of several, and return them."""
    row = page.locator("#righe details.fold", has_text=address)
    if row.get_attribute("open") is None:
        row.locator("summary").first.click()
    if not has_scripts(page) and row.get_by_role("link", name=re.compile("Apri le scelte")).count():
        row.get_by_role("link", name=re.compile("Apri le scelte")).click()
    return row


def update(page: Page, row: Locator) -> None:
    """Send the choices where no script does it."""
    if not has_scripts(page):
        row.get_by_role("button", name="Aggiorna il totale").click()


def take_one_kit(page: Page) -> None:
    """Ask for one kit for the two mailboxes; a number in words is not understood, and kept."""
    pieces = page.get_by_label("Quanti pezzi?")
    expect(pieces).to_have_value("0")
    pieces.fill("uno")
    press(page, "Prosegui")
    expect(page.locator("#errori")).to_contain_text("Scrivi un numero da 0 a 2: al massimo uno")
    expect(pieces).to_have_value("uno")
    no_barriers(page)
    pieces.fill("1")
    press(page, "Prosegui")


def complete_the_consultant(page: Page) -> None:
    """Be told which holder lacks something, and add it in place."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Dati")
    no_barriers(page)
    page.get_by_role("radio", name="Nessun identificativo").check()
    press(page, "Prosegui")
    expect(page.locator("main")).to_contain_text("1 titolare da completare")
    press(page, "Completa i contatti di Ugo Martini")
    page.locator(".person").get_by_label("Telefono").fill("333")
    press(page, "Salva i recapiti")
    expect(page.locator("#errori")).to_contain_text("Scrivi da 6 a 15 cifre")
    no_barriers(page)
    page.locator(".person").get_by_label("Telefono").fill("0575 123456")
    press(page, "Salva i recapiti")
    expect(page.locator("main")).not_to_contain_text("Da completare")


def give_a_code_for_invoices(page: Page) -> None:
    """Choose the recipient code; seven zeros mean that there is none."""
    page.get_by_role("radio", name="Codice destinatario").check()
    code = page.get_by_role("textbox", name="Codice destinatario")
    code.fill("0000000")
    press(page, "Prosegui")
    expect(page.locator("#errori")).to_contain_text("0000000 vuol dire che non hai un codice")
    no_barriers(page)
    code.fill("abc1234")
    press(page, "Prosegui")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pagamento")


def change_the_term_in_another_tab(page: Page, address: str) -> None:
    """Renew the consultant's mailbox for two years, in a second tab of the same browser."""
    tab = page.context.new_page()
    tab.goto(page.url.replace("/conferma", ""))
    row = open_row(tab, address)
    row.get_by_role("radio", name=re.compile("^2 anni")).check()
    update(tab, row)
    expect(tab.locator("#totals")).to_contain_text("62,22")
    tab.close()
