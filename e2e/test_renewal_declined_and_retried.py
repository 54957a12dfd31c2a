"""Days go by: automatic renewal is announced, ordered, declined, and paid by the card put in its place;
what was prepared for another mailbox is cancelled and renewed by transfer (seed 4).
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from e2e.steps import ACCOUNT, mail_about, no_barriers, press, sign_in, to_the_order
from portal.domain.dates import add_years
from portal.formats import long_day
from tests.servers.portal import DemoPortal

DECLINED = "assistenza@contiesoci.pec.example"
BY_HAND = "export@contiesoci.pec.example"
"""Both expire thirty days after the demo's first."""
ANOTHER = "gare@contiesoci.pec.example"
LEFT = timedelta(days=30)


def test_declined_replaced_retried_paid_and_the_other_by_transfer(desktop: Page, demo: DemoPortal) -> None:
    page, expires_on = desktop, demo.today() + LEFT
    enter(page, "/metodi-di-pagamento")
    press(page, "Aggiungi un metodo")
    store_a_card(page, "Registra, ma rifiuta gli addebiti successivi")
    tell_whom_to_invoice(page)
    for address in (DECLINED, BY_HAND):
        switch_on(page, address)

    demo.days_go_by(demo.today())
    expect(mail_about(page, "Rinnovo automatico di 2 caselle").locator("main")).to_contain_text(
        long_day(before(expires_on, 7))
    )

    go_to(demo, before(expires_on, 15))
    enter(page, f"/caselle/{DECLINED}/rinnovo-automatico")
    page.get_by_role("link", name=re.compile("Vedi l'ordine")).click()
    expect(page.locator("main")).to_contain_text("ha preparato il rinnovo automatico")
    expect(page.locator("main")).to_contain_text(long_day(before(expires_on, 7)))
    no_barriers(page)
    by_hand = cancel_and_renew_by_transfer(page)

    go_to(demo, before(expires_on, 7))
    refused = mail_about(page, f"{DECLINED}.*non riuscito").locator("main")
    expect(refused).to_contain_text(long_day(before(expires_on, 5)))

    enter(page, "/metodi-di-pagamento")
    press(page, "Sostituisci")
    store_a_card(page, "Registra il metodo")
    go_to(demo, before(expires_on, 5))

    enter(page, f"/caselle/{DECLINED}")
    expect(page.locator("main")).to_contain_text(long_day(add_years(expires_on, 1)))
    page.goto(f"/ordini/{by_hand}")
    expect(page.locator("main")).to_contain_text("In attesa di pagamento")


def cancel_and_renew_by_transfer(page: Page) -> str:
    """Cancel the order that was prepared, renew the mailbox by another method; return the order's number."""
    page.goto(f"/caselle/{BY_HAND}")
    page.get_by_role("link", name=re.compile("^Annulla")).first.click()
    expect(page.locator("main")).to_contain_text("non prepareremo un altro ordine")
    no_barriers(page)
    page.locator("main").get_by_role("button", name=re.compile("Annulla")).click()
    expect(page.locator("main")).to_contain_text("per questa scadenza rinnovi tu la casella")
    page.goto(f"/caselle/{BY_HAND}/rinnova")
    press(page, "Continua")
    return to_the_order(page)


def tell_whom_to_invoice(page: Page) -> None:
    """Renew another mailbox once by hand: with it the billing data are there."""
    page.goto(f"/caselle/{ANOTHER}/rinnova")
    press(page, "Continua")
    to_the_order(page)


def store_a_card(page: Page, decision: str) -> None:
    """Store a card at the simulated gateway, whose tester decides so."""
    page.get_by_role("radio", name=re.compile("[Cc]arta")).check()
    page.get_by_role("checkbox", name="Autorizzo questi addebiti").check()
    press(page, "Continua sulla pagina sicura")
    press(page, decision)
    expect(page).to_have_url(re.compile("/metodi-di-pagamento$"))
    no_barriers(page)


def switch_on(page: Page, address: str) -> None:
    """Switch auto-renewal on from the mailbox's page."""
    page.goto(f"/caselle/{address}/rinnovo-automatico")
    page.get_by_role("radio", name=re.compile("Visa")).first.check()
    page.get_by_label("Limite per addebito").fill("90,00")
    page.get_by_role("checkbox", name="Autorizzo questi addebiti").check()
    no_barriers(page)
    press(page, "Attiva")
    expect(page.locator("main")).to_contain_text("Prossimo addebito")
    no_barriers(page)


def enter(page: Page, path: str) -> None:
    """Sign in anew: after days have gone by nobody is in any more."""
    page.context.clear_cookies()
    sign_in(page, ACCOUNT, at=path)


def go_to(demo: DemoPortal, day: date) -> None:
    """Let the days go by a few at a time: each is a day's whole work."""
    while demo.today() < day:
        demo.days_go_by(min(day, demo.today() + timedelta(days=4)))


def before(expires_on: date, days: int) -> date:
    return expires_on - timedelta(days=days)
