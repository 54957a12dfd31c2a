"""Quick changes over a slow line: the page ends with the last choice, and says when the line is gone."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Browser, Page, Route, expect

from e2e.steps import ACCOUNT, press, sign_in
from tests.servers.portal import DemoPortal

MAILBOX = "personale@contiesoci.pec.example"


def test_an_older_answer_never_follows_a_newer_one(desktop: Page) -> None:
    page = desktop
    open_plan(page)
    delays = iter([0.8, 0.1, 0.1, 0.1])
    page.route("**/rinnovo/*/caselle/**", lambda route: slow(route, next(delays, 0)))

    for years in ("3 anni", "5 anni", "2 anni"):
        page.get_by_role("radio", name=re.compile(f"^{years}")).check()

    expect(page.locator("#totals")).to_contain_text("12,20", timeout=10_000)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("radio", name=re.compile("^2 anni"))).to_be_checked()
    expect(page.locator("#totals")).to_contain_text("12,20")
    page.reload()
    expect(page.locator("#totals")).to_contain_text("12,20")


def test_a_lost_line_is_said_and_can_be_tried_again(browser: Browser, demo: DemoPortal) -> None:
    page = browser.new_page(base_url=demo.url, locale="it-IT")  # its console may tell of the lost line
    open_plan(page)
    page.get_by_role("radio", name=re.compile("^1 anno")).check()
    page.wait_for_load_state("networkidle")
    page.route("**/rinnovo/*/caselle/**", lambda route: route.abort())

    page.get_by_role("radio", name=re.compile("^4 anni")).check()
    expect(page.locator("#offline")).to_be_visible()
    page.unroute("**/rinnovo/*/caselle/**")
    press(page, "Riprova")

    expect(page.locator("#totals")).to_contain_text("24,40")
    expect(page.locator("#offline")).to_be_hidden()
    page.close()


def test_a_lost_tick_is_said_and_can_be_tried_again(browser: Browser, demo: DemoPortal) -> None:
    page = browser.new_page(base_url=demo.url, locale="it-IT")
    sign_in(page, ACCOUNT, at="/caselle?cerca=gare")
    page.route("**/caselle/selezione*", lambda route: route.abort())

    page.get_by_role("checkbox", name=re.compile("gare@")).check()
    expect(page.locator("#offline")).to_be_visible()
    page.unroute("**/caselle/selezione*")
    press(page, "Riprova")

    expect(page.locator("#selezione-conto")).to_contain_text("1 casella selezionata")
    expect(page.locator("#offline")).to_be_hidden()
    page.close()


def open_plan(page: Page) -> None:
    sign_in(page, ACCOUNT, at=f"/caselle/{MAILBOX}/rinnova")
    page.get_by_role("button", name=re.compile("Continua|Riprendi il rinnovo")).click()
    expect(page.locator("#totals")).to_contain_text("€")


def slow(route: Route, seconds: float) -> None:
    time.sleep(seconds)
    route.continue_()
