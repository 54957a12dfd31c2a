"""A studio renews 300 mailboxes of 31 holders in one order, and completes the data of two on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.customers import PASSWORD, import_register, new_account, pay_in_full
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
from portal.demo.holders import body, person
from portal.demo.register import LETTERS
from portal.domain.dates import add_years
from portal.formats import short_day
from tests.servers.portal import DemoPortal

STUDIO = body("company", "Studio Trecento S.r.l.", "segreteria@studio-trecento.example", 66)
CLIENTS = [
    person("freelancer", "Cliente", f"Prova {LETTERS[n // 20]}{LETTERS[n % 20]}", 100 + n, vat=True)
    for n in range(30)
]
MAILBOXES, INCOMPLETE = 300, 2


def test_three_hundred_in_one_order(any_page: Page, demo: DemoPortal, tmp_path: Path) -> None:
    page, account = any_page, new_account(tmp_path)
    import_register(demo, tmp_path, mailboxes(account, demo.today()))
    demo.operator("accounts", "set-password", account, "--stdin", typed=f"{PASSWORD}\n")
    sign_in(page, account, password=PASSWORD)
    no_barriers(page)
    page.goto("/caselle")
    press(page, "Applica")
    expect(page.locator("#selezione")).to_contain_text("300 caselle selezionate")
    no_barriers(page)
    page.locator("#selezione").get_by_role("button", name="Rinnova", exact=True).click()
    expect(page.locator("#totals")).to_contain_text("1.830,00")

    page.get_by_role("combobox", name="Durata").select_option("2")
    press(page, "Applica a tutte")
    expect(page.locator("#totals")).to_contain_text("3.660,00")
    no_barriers(page)
    press(page, "Prosegui e completa l'ordine")
    add_nothing(page)
    complete_the_data(page)
    pay_by_transfer(page)
    assert total_due(page) == 366_000
    accept_the_texts(page)
    press(page, "Conferma l'ordine con obbligo di pagare")
    number = order_number(page)
    assert due_of_order(page) == 366_000
    no_barriers(page)
    expect(mail_about(page, number).locator("main")).to_contain_text("3.660,00")

    page.goto(f"/ordini/{number}")
    pay_in_full(demo, page, number)
    no_barriers(page)
    page.goto(f"/caselle?cerca=casella.000.{account.split('@')[0]}")
    expect(page.locator("#elenco")).to_contain_text(short_day(add_years(expires_on(0, demo.today()), 2)))


def expires_on(number: int, today: date) -> date:
    return today + timedelta(days=15 + number % 60)


def mailboxes(account: str, today: date) -> Iterator[dict[str, str]]:
    """Yield the studio's own 30 mailboxes and nine of each client; the first clients have no phone."""
    for number in range(MAILBOXES):
        client = number % 10
        holder = STUDIO if client == 0 else CLIENTS[number // 10]
        columns = holder.columns()
        if client and number // 10 < INCOMPLETE:
            columns["phone"] = ""
        yield {
            **columns,
            "address": f"casella.{number:03}.{account.split('@')[0]}@pec.example",
            "plan": "standard",
            "expires_on": str(expires_on(number, today)),
            "account": account,
            "account_email": STUDIO.contact_email,
        }


def complete_the_data(page: Page) -> None:
    """Find the two holders that lack something, without turning pages, and add it."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Dati")
    expect(page.locator("main")).to_contain_text("31 titolari")
    no_barriers(page)
    page.get_by_role("radio", name="Nessun identificativo").check()
    press(page, "Prosegui")
    expect(page.locator("main")).to_contain_text("2 titolari da completare")
    press(page, "Da completare (2)")
    for _ in range(INCOMPLETE):
        press(page, "Completa i contatti di", exact=False)
        page.locator(".person").get_by_label("Telefono").fill("0575 123456")
        press(page, "Salva i recapiti")
    expect(page.locator("main")).to_contain_text("I dati dei titolari ci sono tutti.")
    no_barriers(page)
    press(page, "Prosegui")
