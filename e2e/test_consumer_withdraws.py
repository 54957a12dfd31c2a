"""A consumer renews, pays and thinks again: two steps, a receipt, and the mailbox back where it was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.steps import due_of_order, mail_about, no_barriers, press, sign_in, to_the_order
from portal.domain.dates import rome_day
from portal.wiring import system_clock
from tests.servers.portal import DemoPortal

HEADER = (
    "address,plan,expires_on,holder_kind,first_name,last_name,tax_code,contact_email,phone,street,"
    "street_number,postal_code,city,province,password"
)
PERSON = (
    "individual,Mario,Rossi,RSSMRA85T10A562S,mario@posta.example,0575123456,Via Roma,1"
    ",52100,Arezzo,AR,mia password"
)


def test_consumer_withdraws(any_page: Page, demo: DemoPortal, tmp_path: Path) -> None:
    page, mailbox = any_page, f"mario.{tmp_path.name.lower().replace('_', '.')}@pec.example"
    file = tmp_path / "registro.csv"
    expires_on = rome_day(system_clock()) + timedelta(days=60)
    file.write_text(f"{HEADER}\n{mailbox},standard,{expires_on},{PERSON}\n", encoding="utf-8")
    demo.operator("import", "mailboxes", str(file))
    sign_in(page, mailbox, at=f"/caselle/{mailbox}/rinnova", password="mia password")
    press(page, "Continua")
    number = to_the_order(page)
    pay(demo, page, number)

    press(page, "Recedi dal contratto qui")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recedi dal contratto")
    no_barriers(page)
    page.get_by_label("Nome e cognome").fill("Mario Rossi")
    page.get_by_label("E-mail per la ricevuta del recesso").fill("niente")
    press(page, "Prosegui")
    expect(page.locator("#errori")).to_contain_text("Scrivi un indirizzo completo")
    no_barriers(page)
    page.get_by_label("E-mail per la ricevuta del recesso").fill("mario.altrove@posta.example")
    press(page, "Prosegui")
    expect(page.get_by_role("heading", level=1)).to_have_text("Conferma recesso")
    no_barriers(page)
    press(page, "Conferma recesso")
    until_it_says(page, "Il rinnovo è annullato")
    no_barriers(page)

    receipt = mail_about(page, f"Ricevuta del recesso dall'ordine {number}").locator("main")
    expect(receipt).to_contain_text("Mario Rossi recede dal contratto")
    assert number in demo.operator("withdrawals", "list")
    page.goto(f"/caselle/{mailbox}/rinnova")
    expect(page.get_by_role("button", name="Continua")).to_be_visible()


def pay(demo: DemoPortal, page: Page, number: str) -> None:
    """Register the transfer as the operator does, and wait for the renewal."""
    due = due_of_order(page)
    amount, day = f"{due // 100}.{due % 100:02}", rome_day(system_clock())
    by = ("--method", "bank_transfer", "--reference", f"TRN {number}")
    demo.operator("payments", "register", number, "--amount", amount, "--on", str(day), *by)
    until_it_says(page, "Rinnovo completato")


def until_it_says(page: Page, words: str) -> None:
    """Look at the page again until it says this."""
    said = page.get_by_role("heading", name=words)
    for _ in range(40):
        if said.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(said).to_be_visible()
