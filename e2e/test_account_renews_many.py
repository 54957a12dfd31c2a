"""An account renews all that expires within three months, pays by transfer, and is told what was done."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.steps import (
    ACCOUNT,
    cents_in,
    due_of_order,
    has_scripts,
    mail_about,
    no_barriers,
    press,
    sign_in,
    to_the_order,
)
from tests.servers.portal import DemoPortal


@pytest.mark.parametrize(("kind", "months"), [("desktop", "1"), ("phone", "2"), ("plain", "3")])
def test_from_the_list_to_the_second_mail(
    new_page: Callable[[str], Page], demo: DemoPortal, kind: str, months: str
) -> None:
    page = new_page(kind)
    sign_in(page, ACCOUNT)
    no_barriers(page)

    press(page, "Rinnova caselle")
    page.get_by_role("combobox", name=re.compile("Seleziona tutte le caselle")).select_option(months)
    press(page, "Applica")
    bar = page.locator("#selezione")
    expect(page.locator("main")).to_contain_text(re.compile(r"Aggiunt[ae] \d+ casell|Nessun'altra casella"))
    expect(bar).to_contain_text(re.compile(r"\d+ caselle selezionate"))
    selected = int(re.search(r"(\d+) caselle selezionate", bar.inner_text())[1])  # type: ignore[index]
    assert selected > 3
    no_barriers(page)

    bar.get_by_role("button", name="Rinnova", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    no_barriers(page)
    make_one_bigger(page)

    number = to_the_order(page)
    expect(page.locator("main")).to_contain_text("In attesa di pagamento")
    due = due_of_order(page)
    no_barriers(page)

    letter = mail_about(page, number).locator("main").inner_text()
    assert due in cents_in(letter)

    register(demo, number, due, reference=f"TRN-{number}")
    see_it_done(page, number)
    no_barriers(page)
    mail_about(page, f"{number}.*rinnovate")
    expect(page.locator("main")).to_contain_text(number)

    page.goto("/caselle")
    expect(page.locator("#selezione")).not_to_contain_text(f"{selected} caselle")


def make_one_bigger(page: Page) -> None:
    """Open the first mailbox and buy one more GB for it; wait for the new sum."""
    total = page.locator("#totals dd").last
    before = total.inner_text()
    first = page.locator("#righe details.fold").first
    first.locator("summary").first.click()
    if not has_scripts(page):
        first.get_by_role("link", name=re.compile("Apri le scelte")).click()
    first.get_by_role("button", name="Più: Spazio casella aggiuntivo").click()
    expect(total).not_to_have_text(before)


def register(demo: DemoPortal, number: str, due_cents: int, *, reference: str) -> None:
    """Do what the operator does when the transfer is on the account."""
    amount = f"{due_cents // 100}.{due_cents % 100:02}"
    demo.operator(
        "payments",
        "register",
        number,
        "--amount",
        amount,
        "--on",
        "2026-11-20",
        "--method",
        "bank_transfer",
        "--reference",
        reference,
    )


def see_it_done(page: Page, number: str) -> None:
    """Watch the order's page until it is done; without scripts by reloading it, as it says."""
    page.goto(f"/ordini/{number}")
    again = page.get_by_role("link", name="Ricarica la pagina")
    for _ in range(20):
        if has_scripts(page) or not again.count():
            break
        page.wait_for_timeout(500)
        again.click()
    expect(page.locator("main")).to_contain_text("Evaso", timeout=20_000)
