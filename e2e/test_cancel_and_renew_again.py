"""An order is cancelled; the mailbox is free at once and can be renewed again."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from e2e.steps import ACCOUNT, mail_about, no_barriers, press, sign_in, to_the_order

MAILBOX = "gare@contiesoci.pec.example"


def test_cancel_then_renew_again(any_page: Page) -> None:
    page = any_page
    sign_in(page, ACCOUNT, at=f"/caselle/{MAILBOX}/rinnova")
    press(page, "Continua")
    number = to_the_order(page)

    press(page, "Annulla", exact=False)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Annullare")
    no_barriers(page)
    page.locator("main").get_by_role("button", name=re.compile("Annulla")).click()
    expect(page.locator("main")).to_contain_text("Annullato")
    no_barriers(page)

    expect(mail_about(page, f"{number} annullato").locator("main")).to_contain_text(MAILBOX)
    page.goto(f"/caselle/{MAILBOX}")
    expect(page.get_by_role("link", name=re.compile("^Rinnova")).first).to_be_visible()
    page.goto(f"/caselle/{MAILBOX}/rinnova")
    press(page, "Continua")
    again = to_the_order(page)
    assert again != number
    page.goto(f"/ordini/{again}/annulla")
    page.locator("main").get_by_role("button", name=re.compile("Annulla")).click()
