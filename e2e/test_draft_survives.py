"""A renewal that is left in the middle: its owner signs out, the server starts anew, and it goes on."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from e2e.steps import ACCOUNT, due_of_order, press, sign_in, to_the_order
from tests.servers.portal import DemoPortal

BOX = "magazzino@contiesoci.pec.example"


def test_a_draft_survives_sign_out_and_a_restart(any_page: Page, demo: DemoPortal) -> None:
    page = any_page
    sign_in(page, ACCOUNT, at=f"/caselle/{BOX}/rinnova")
    page.locator("main form").get_by_role("button").first.click()
    page.get_by_role("radio", name="3 anni").check()
    if page.get_by_role("button", name="Aggiorna il totale").is_visible():
        press(page, "Aggiorna il totale")
    expect(page.locator("#totals")).to_contain_text("18,30")
    press(page, "Prosegui e completa l'ordine")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vuoi aggiungere qualcosa?")

    sign_out(page)
    demo.stop()
    demo.start()
    demo.wait()
    sign_in(page, ACCOUNT)
    press(page, "Riprendi il rinnovo")

    expect(page.get_by_role("radio", name="3 anni")).to_be_checked()
    expect(page.locator("#totals")).to_contain_text("18,30")
    number = to_the_order(page)
    assert due_of_order(page) == 1830
    page.goto(f"/ordini/{number}/annulla")
    press(page.locator("main"), "Annulla l'ordine")


def sign_out(page: Page) -> None:
    """Leave by the menu, and see that the pages are closed again."""
    page.locator("header summary").click()
    page.get_by_role("button", name="Esci").click()
    page.goto("/")
    expect(page.get_by_label("Account o casella PEC")).to_be_visible()
