"""Photographs every page of the demo at three widths in both colour schemes, to be looked at."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from e2e.conftest import LAUNCH
from e2e.steps import accept_the_texts, add_nothing, sign_in, through_the_data, to_the_order
from portal.demo.register import ACCOUNT, SINGLE_MAILBOX
from tests.servers.portal import DemoPortal
from tools import chromium

FOLDER = Path(".cache/pictures")
SIZES = {"360": 360, "768": 768, "1280": 1280}


def main() -> None:
    """Walk through the demo as an account and as a mailbox, taking each page as it comes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = DemoPortal(Path(folder)).start()
        demo.wait()
        found = chromium.find()
        browser = playwright.chromium.launch(executable_path=found.executable, args=LAUNCH)
        page = browser.new_context(base_url=demo.url, locale="it-IT", reduced_motion="reduce").new_page()
        try:
            walk_as_account(page)
            page.context.clear_cookies()
            walk_as_mailbox(page)
        finally:
            demo.stop()


def walk_as_account(page: Page) -> None:
    """Sign-in, first page, list, selection, many mailboxes renewed in one order, cancelled."""
    page.goto("/accedi")
    shoot(page, "accedi")
    page.get_by_role("button", name="Accedi").click()
    shoot(page, "accedi-errori")
    sign_in(page, ACCOUNT)
    shoot(page, "home")
    for name, path in {
        "caselle": "/caselle",
        "caselle-altri": "/caselle?scheda=altri",
        "caselle-vuoto": "/caselle?cerca=nessuna",
        "casella-attiva": "/caselle/direzione@contiesoci.pec.example",
        "casella-sospesa": "/caselle/ambiente@contiesoci.pec.example",
        "casella-dominio": "/caselle/info@contiesoci.example",
        "non-trovata": "/caselle/nessuno@pec.example",
        "casella-rinnovo-automatico": "/caselle/direzione@contiesoci.pec.example/rinnovo-automatico",
        "casella-spazio": "/caselle/direzione@contiesoci.pec.example/spazio?mailbox_gb=1",
        "caselle-escluse": "/caselle/escluse?entro=12",
        "ordini-vuoto": "/ordini",
        "credito": "/credito",
        "documento": "/caselle/direzione@contiesoci.pec.example/documento",
        "credito-ricarica": "/credito/ricarica",
        "metodi": "/metodi-di-pagamento",
        "comunicazioni": "/comunicazioni",
        "attivita": "/profilo/attivita",
        "verifica": "/verifica",
        "contratti": "/contratti",
        "profilo": "/profilo",
        "profilo-dati": "/profilo/dati",
        "profilo-avvisi": "/profilo/avvisi",
        "profilo-password": "/profilo/password",
        "profilo-verifica": "/profilo/verifica",
        "profilo-sessioni": "/profilo/sessioni",
        "recupero": "/recupero/password",
        "componenti": "/componenti",
    }.items():
        page.goto(path)
        shoot(page, name)
    page.goto("/caselle")
    page.get_by_role("button", name="Applica").click()
    page.get_by_text(re.compile(r"\d+ caselle selezionate")).first.wait_for()
    shoot(page, "caselle-selezionate")
    page.locator("#rinnova-selezione").click()
    page.locator("#totals").filter(has_text="€").wait_for(state="attached")
    shoot(page, "piano-molte")
    page.locator("details.fold summary").first.click()
    page.locator("details.fold .plans").first.wait_for()
    shoot(page, "piano-molte-aperta")
    to_the_order(page)
    shoot(page, "ordine-molte")
    page.goto("/ordini")
    shoot(page, "ordini")
    page.goto("/caselle")
    shoot(page, "caselle-da-pagare")
    page.goto("/")
    shoot(page, "home-da-pagare")
    page.goto("/demo/posta")
    shoot(page, "posta")
    page.locator("th a").first.click()
    shoot(page, "posta-conferma")
    begin_with_several_holders(page)


def begin_with_several_holders(page: Page) -> None:
    """What is left of the list: «Dati» with its holders, one of them open, and «Pagamento» for many."""
    page.goto("/caselle")
    page.get_by_role("combobox", name=re.compile("Seleziona tutte le caselle")).select_option("12")
    page.get_by_role("button", name="Applica").click()
    page.get_by_text(re.compile(r"\d+ caselle selezionate")).first.wait_for()
    page.locator("#rinnova-selezione").click()
    page.get_by_role("link", name="Prosegui e completa l'ordine").click()
    add_nothing(page)
    shoot(page, "dati-molti")
    page.get_by_role("link", name="Modifica", exact=False).first.click()
    shoot(page, "dati-molti-modifica")


def walk_as_mailbox(page: Page) -> None:
    """One mailbox from the link in its mail to the order, its card refused once and then accepted."""
    sign_in(page, SINGLE_MAILBOX, at=f"/caselle/{SINGLE_MAILBOX}/rinnova")
    shoot(page, "rinnova")
    page.get_by_role("button", name="Continua").click()
    page.locator("#totals").filter(has_text="€").wait_for(state="attached")
    shoot(page, "piano-una")
    page.get_by_role("button", name="Prosegui e completa l'ordine").click()
    shoot(page, "extra")
    page.get_by_role("button", name="Prosegui", exact=True).click()
    shoot(page, "dati-una")
    through_the_data(page)
    shoot(page, "pagamento")
    page.get_by_role("radio", name="Carta di credito").check()
    page.get_by_role("button", name="Prosegui", exact=True).click()
    shoot(page, "pagamento-errori-aperta")
    page.get_by_role("radio", name="No, rinnovo io ogni volta").check()
    page.get_by_role("button", name="Prosegui", exact=True).click()
    shoot(page, "conferma")
    page.get_by_role("button", name="Conferma e paga").click()
    shoot(page, "conferma-errori-aperta")
    accept_the_texts(page)
    page.get_by_role("button", name="Conferma e paga").click()
    page.wait_for_url(re.compile("/cassa/"))
    shoot(page, "cassa")
    page.get_by_role("button", name="Rifiuta: disponibilità insufficiente").click()
    page.wait_for_url(re.compile("/ordini/"))
    shoot(page, "ordine-rifiutato")
    order = page.url
    page.goto(f"{order}/metodo")
    shoot(page, "ordine-metodo")
    page.get_by_role("radio", name=re.compile("Bonifico")).check()
    page.get_by_role("button", name="Usa questo metodo").click()
    page.locator("#paga").wait_for()
    shoot(page, "ordine-una")
    page.goto(f"/caselle/{SINGLE_MAILBOX}")
    shoot(page, "casella-da-pagare")
    page.goto("/accessibilita")
    shoot(page, "accessibilita")


def shoot(page: Page, name: str) -> None:
    """Keep the page as it stands, at each width and in each scheme."""
    if sys.argv[1:] and not any(name.startswith(asked) for asked in sys.argv[1:]):
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size, width in SIZES.items():
            page.set_viewport_size({"width": width, "height": 800})
            if not name.endswith("-aperta"):
                page.reload()
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(800, height)})
            page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(200)


if __name__ == "__main__":
    main()
