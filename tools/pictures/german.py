"""The main pages in German on a small phone, where its long words are: only when asked for by name."""

from __future__ import annotations

import re
from dataclasses import replace

from playwright.sync_api import Page

from e2e.steps import ACCOUNT, PASSWORD, press
from tools.pictures.album import Album

PLACES = {
    "home": "/",
    "caselle": "/caselle",
    "casella": "/caselle/direzione@contiesoci.pec.example",
    "casella-sospesa": "/caselle/ambiente@contiesoci.pec.example",
    "casella-convenzione": "/caselle/dott.riva@pec.example",
    "casella-spazio": "/caselle/direzione@contiesoci.pec.example/spazio?mailbox_gb=1",
    "casella-rinnovo-automatico": "/caselle/direzione@contiesoci.pec.example/rinnovo-automatico",
    "casella-documento": "/caselle/direzione@contiesoci.pec.example/documento",
    "spesa": "/caselle/spesa",
    "credito": "/credito",
    "metodi": "/metodi-di-pagamento",
    "profilo": "/profilo",
    "profilo-verifica": "/profilo/verifica",
    "profilo-dati": "/profilo/dati",
    "attivita": "/profilo/attivita",
    "aiuto": "/aiuto",
    "accessibilita": "/accessibilita",
}
MAILBOX = "qualita@contiesoci.pec.example"


def walk(album: Album) -> None:
    """Choose German at the door, look around, and renew a mailbox as far as its order."""
    phone = replace(album, sizes=(360,), schemes=("light",))
    with phone.visitor(locale="de-IT") as context:
        page = context.new_page()
        page.goto("/accedi")
        press(page, "Deutsch")
        phone.shoot(page, "de-accedi")
        page.get_by_label("Konto oder PEC-Postfach").fill(ACCOUNT)
        page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        press(page, "Anmelden")
        phone.visit(page, {f"de-{name}": path for name, path in PLACES.items()})
        _renew(phone, page)
        page.goto("/ordini")
        phone.shoot(page, "de-ordini")
        press(page, "Italiano")


def _renew(phone: Album, page: Page) -> None:
    page.goto(f"/caselle/{MAILBOX}/rinnova")
    phone.shoot(page, "de-rinnova")
    press(page, "Weiter")
    page.locator("#totals").filter(has_text="€").wait_for(state="attached")
    phone.shoot(page, "de-piano")
    press(page, "Weiter zur Bestellung")
    page.get_by_role("heading", level=1).filter(has_text="Möchten Sie etwas hinzufügen?").wait_for()
    phone.shoot(page, "de-extra")
    press(page, "Weiter")
    phone.shoot(page, "de-dati")
    page.get_by_role("radio", name="Keine Kennung").check()
    press(page, "Weiter")
    phone.shoot(page, "de-pagamento")
    page.get_by_role("radio", name=re.compile("Banküberweisung")).check()
    press(page, "Weiter")
    phone.shoot(page, "de-conferma")
    for answer in page.get_by_role("radio", name="Ich nehme an", exact=True).all():
        answer.check()
    press(page, "Zahlungspflichtig bestellen")
    page.wait_for_url(re.compile(r"/ordini/[A-Z2-9]{10}$"))
    phone.shoot(page, "de-ordine")
