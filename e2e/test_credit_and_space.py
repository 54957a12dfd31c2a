"""Credit is topped up by card, buys more space in each window, and pays a renewal at once."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from e2e.steps import ACCOUNT, accept_the_texts, add_nothing, no_barriers, press, sign_in, through_the_data

FAR = "direzione@contiesoci.pec.example"
SOON = "cantieri@contiesoci.pec.example"


def top_up(page: Page, amount: str) -> None:
    """Put so much in at the demo's till and come back to the order of the top-up."""
    page.goto("/credito/ricarica")
    no_barriers(page)
    page.get_by_label("Importo").fill(amount)
    press(page, "Vai al pagamento")
    press(page, "Approva")
    expect(page.locator("main")).to_contain_text("Ricarica registrata")
    no_barriers(page)


def test_credit_buys_space_and_renews(desktop: Page) -> None:
    page = desktop
    sign_in(page, ACCOUNT, at="/credito")
    expect(page.locator("main")).to_contain_text("Nessun movimento")
    page.goto(f"/caselle/{FAR}/spazio?mailbox_gb=1")
    expect(page.locator("main")).to_contain_text("Ricarica quello che manca")

    top_up(page, "50,00")
    page.goto(f"/caselle/{FAR}")
    press(page, "Acquista nuovo servizio aggiuntivo")
    page.get_by_role("button", name="Più: Spazio casella").click()
    press(page, "Calcola il prezzo")
    no_barriers(page)
    page.get_by_role("button", name=re.compile("Conferma e paga")).click()
    expect(page.locator("main")).to_contain_text(re.compile("Stiamo attivando lo spazio|Spazio attivo"))
    no_barriers(page)

    page.goto(f"/caselle/{SOON}/spazio?mailbox_gb=1")
    expect(page.locator("main")).to_contain_text("Adesso non paghi nulla")
    press(page, "Attiva gratis")
    expect(page.locator("main")).to_contain_text("Spazio attivo", timeout=20_000)

    page.goto(f"/caselle/{SOON}/rinnova")
    press(page, "Continua")
    expect(page.locator("main")).to_contain_text("1 GB")
    press(page, "Prosegui e completa l'ordine")
    add_nothing(page)
    through_the_data(page)
    page.get_by_role("radio", name=re.compile("^Credito")).check()
    no_barriers(page)
    press(page, "Prosegui")
    accept_the_texts(page)
    press(page, "Conferma e paga")
    expect(page.locator("main")).to_contain_text(re.compile("Stiamo rinnovando|Rinnovo completato"))
    page.goto("/credito")
    expect(page.locator("main")).to_contain_text("Ordine pagato")
    no_barriers(page)
