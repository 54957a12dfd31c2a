"""Words that would be scripts, styles and requests stay words on every page and in every mail (S29)."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Request

from e2e.customers import PASSWORD, new_customer
from e2e.steps import mail_about, press, sign_in, to_the_order
from portal.demo.holders import body
from tests.servers.portal import DemoPortal

WORDS = "\"'><svg/onload=alert(1)><a hx-get=/esci hx-trigger=load style=top:0>{{7*7}}"
"""Where it is not escaped it is a script, a request of htmx's, a style, or 49."""
PAGES = (
    "/",
    "/profilo",
    "/profilo/dati",
    "/profilo/avvisi",
    "/profilo/attivita",
    "/ordini",
    "/comunicazioni",
)
BORN_OF_WORDS = '() => document.querySelectorAll(\'[onload],[hx-get="/esci"],[style*="top"]\').length'


def test_words_stay_words_wherever_they_come_out(desktop: Page, demo: DemoPortal, tmp_path: Path) -> None:
    customer = new_customer(demo, tmp_path, body("company", WORDS, "prova@ditta.example", 77))
    dialogs: list[str] = []
    signed_out: list[str] = []
    desktop.on("dialog", lambda dialog: dialogs.append(dialog.message))
    desktop.on("request", lambda request: signed_out.extend(_signs_out(request)))
    shown: list[str] = []

    def look(path: str) -> None:
        if path:
            desktop.goto(path)
        desktop.wait_for_load_state()
        assert desktop.evaluate(BORN_OF_WORDS) == 0, desktop.url
        shown.append(desktop.locator("body").inner_text())
        assert ">49" not in shown[-1], desktop.url

    sign_in(desktop, customer.address, password=PASSWORD)
    look(f"/caselle/{customer.address}/rinnova")
    press(desktop, "Continua")
    look("")
    number = to_the_order(desktop)
    for path in (f"/ordini/{number}", f"/caselle/{customer.address}", *PAGES, f"/ordini?cerca={WORDS}"):
        look(path)
    mail_about(desktop, number)
    look("")

    assert sum(WORDS in text for text in shown) >= 2
    assert (dialogs, signed_out) == ([], [])


def _signs_out(request: Request) -> list[str]:
    return [request.url] if request.url.endswith("/esci") else []
