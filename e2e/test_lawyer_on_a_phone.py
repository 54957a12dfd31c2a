"""A lawyer renews a mailbox on a phone at night: each screen shows where one is, the cost, what to press."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from e2e.customers import PASSWORD, new_customer, until_it_says
from e2e.steps import accept_the_texts, no_barriers, press, sign_in
from portal.demo.holders import person
from portal.domain.dates import add_years
from portal.formats import long_day
from tests.servers.portal import DemoPortal

LAWYER = person("freelancer", "Chiara", "Prova Avvocata", 71, vat=True)
SEEN = """it => { const box = it.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= window.innerHeight; }"""


def test_from_the_mail_to_the_renewed_mailbox(phone: Page, demo: DemoPortal, tmp_path: Path) -> None:
    page = phone
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    mine = new_customer(demo, tmp_path, LAWYER, days=9)
    sign_in(page, mine.address, at=f"/caselle/{mine.address}/rinnova", password=PASSWORD)
    at_a_glance(page, "Rinnova la casella", page.get_by_role("button", name="Continua"), total=False)
    press(page, "Continua")
    at_a_glance(page, "Scegli il piano", page.get_by_role("button", name="Prosegui e completa l'ordine"))
    page.locator("label.plan-choice", has_text="PRO").tap()
    expect(page.locator("#totals")).to_contain_text("30,50")
    press(page, "Prosegui e completa l'ordine")
    onward = page.get_by_role("button", name="Prosegui", exact=True)
    at_a_glance(page, "Vuoi aggiungere qualcosa?", onward)
    onward.tap()
    at_a_glance(page, "Dati", onward)
    none = page.get_by_role("radio", name="Nessun identificativo")
    if none.count():
        none.check()
    onward.tap()
    at_a_glance(page, "Pagamento", onward)

    page.get_by_role("radio", name="Carta di credito").check()
    onward.tap()
    problem = page.get_by_role("alert").filter(has_text="C'è un errore da correggere")
    expect(problem).to_be_focused()
    problem.get_by_role("link").tap()
    expect(page.get_by_role("radio", name="Sì, rinnova da solo")).to_be_in_viewport()
    page.get_by_role("radio", name="No, rinnovo io ogni volta").check()
    onward.tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Conferma")
    no_barriers(page)
    accept_the_texts(page)
    press(page, "Conferma e paga")
    page.get_by_role("button", name="Approva", exact=True).tap()
    page.wait_for_url(re.compile(r"/ordini/[A-Z2-9]{10}"))
    until_it_says(page, "Rinnovo completato")
    no_barriers(page)
    page.goto(f"/caselle/{mine.address}")
    expect(page.locator("main")).to_contain_text(long_day(add_years(mine.expires_on, 1)))


def at_a_glance(page: Page, heading: str, action: Locator, *, total: bool = True) -> None:
    """Hold a screen, as it opens, to what must be in sight without scrolling."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    in_sight = [page.get_by_role("heading", level=1), action, *([page.locator("#totals")] if total else [])]
    assert [each.evaluate(SEEN) for each in in_sight] == [True] * len(in_sight), page.url
    no_barriers(page)
