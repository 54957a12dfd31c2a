"""A member of a professional body renews at the convention's price, with nothing to choose but how to pay."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from e2e.steps import mail_about, no_barriers, press, sign_in, to_the_order
from portal.demo.register import CONVENTION_MAILBOX
from portal.domain.dates import add_years
from portal.formats import long_day
from tests.servers.portal import DemoPortal

OWN_PAGE = f"/caselle/{CONVENTION_MAILBOX}"


def test_from_the_mailbox_to_the_order_and_back(any_page: Page, demo: DemoPortal) -> None:
    page = any_page
    expires_on = demo.today() + timedelta(days=40)
    sign_in(page, CONVENTION_MAILBOX, at=f"{OWN_PAGE}/rinnova")
    main = page.locator("main")
    expect(main).to_contain_text("Ordine dei Medici di Esempio")
    expect(main).to_contain_text("€\u00a04,00 + IVA (€\u00a04,88 IVA inclusa)")
    expect(main).to_contain_text(long_day(add_years(expires_on, 3)))
    no_barriers(page)

    press(page, "Continua")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rinnovo in convenzione")
    expect(page.get_by_role("radio")).to_have_count(0)
    expect(page.locator("#totals")).to_contain_text("4,88")
    expect(main).to_contain_text("€\u00a04,00 + IVA per 3 anni in tutto")
    no_barriers(page)
    number = to_the_order(page)

    letter = mail_about(page, f"{number}").locator("main").inner_text()
    assert "4,88" in letter
    assert "3 anni" in letter
    page.goto(f"/ordini/{number}/annulla")
    page.locator("main").get_by_role("button", name=re.compile("Annulla")).click()
    page.goto(OWN_PAGE)
    expect(page.get_by_role("link", name=re.compile("^Rinnova"))).to_be_visible()
    expect(main).to_contain_text("Nessuno: lo fissa la convenzione")
    no_barriers(page)


def test_more_space_is_priced_by_the_year_and_the_rest_stays(any_page: Page) -> None:
    page = any_page
    sign_in(page, CONVENTION_MAILBOX, at=f"{OWN_PAGE}/rinnova")
    page.locator("main form").get_by_role("button").first.click()

    page.get_by_role("button", name=re.compile("^Più")).first.click()

    expect(page.locator("#totals")).to_contain_text("15,86")
    no_barriers(page)
    page.get_by_role("button", name="Abbandona il rinnovo").click()
