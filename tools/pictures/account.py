"""What an account has besides renewing: first page, lists, mailboxes in each state, profile, methods."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Page

from e2e.steps import ACCOUNT, press, sign_in
from portal.demo.register import PASSWORD
from tools.pictures.album import Album

ACTIVE = "/caselle/direzione@contiesoci.pec.example"
PLACES = {
    "home": "/",
    "caselle": "/caselle",
    "caselle-altri": "/caselle?scheda=altri&stato=tutte",
    "caselle-vuoto": "/caselle?cerca=nessuna",
    "caselle-filtro-errato": "/caselle?stato=inesistente",
    "caselle-cancellate": "/caselle?stato=cancellata",
    "caselle-escluse": "/caselle/escluse?entro=12",
    "caselle-spesa": "/caselle/spesa",
    "caselle-allinea": "/caselle/allinea",
    "caselle-allinea-errore": "/caselle/allinea?data=2020-01-01",
    "caselle-calendario-nessuno": "/caselle/calendario",
    "caselle-rinnovo-automatico-nessuna": "/caselle/rinnovo-automatico",
    "casella-attiva": ACTIVE,
    "casella-in-scadenza": "/caselle/ricorsi@contiesoci.pec.example",
    "casella-sospesa": "/caselle/ambiente@contiesoci.pec.example",
    "casella-sospesa-ultimo": "/caselle/vecchiasede@contiesoci.pec.example",
    "casella-cancellata": "/caselle/progetto2023@contiesoci.pec.example",
    "casella-dominio": "/caselle/info@contiesoci.example",
    "casella-convenzione": "/caselle/dott.riva@pec.example",
    "casella-convenzione-ente": "/caselle/arch.serra@pec.example",
    "casella-convenzione-finita": "/caselle/avv.lupi@pec.example",
    "casella-non-trovata": "/caselle/nessuno@pec.example",
    "casella-avvisi": f"{ACTIVE}/avvisi",
    "casella-rinnovo-automatico-nessun-metodo": f"{ACTIVE}/rinnovo-automatico",
    "casella-spazio": f"{ACTIVE}/spazio",
    "casella-spazio-senza-credito": f"{ACTIVE}/spazio?mailbox_gb=1",
    "casella-spazio-gratis": "/caselle/cantieri@contiesoci.pec.example/spazio?mailbox_gb=1",
    "casella-documento": f"{ACTIVE}/documento",
    "ordini-vuoto": "/ordini",
    "credito-vuoto": "/credito",
    "credito-ricarica": "/credito/ricarica",
    "metodi-vuoto": "/metodi-di-pagamento",
    "metodi-nuovo": "/metodi-di-pagamento/nuovo",
    "comunicazioni-vuoto": "/comunicazioni",
    "attivita": "/profilo/attivita",
    "profilo": "/profilo",
    "profilo-dati": "/profilo/dati",
    "profilo-avvisi": "/profilo/avvisi",
    "profilo-password": "/profilo/password",
    "profilo-verifica": "/profilo/verifica",
    "profilo-sessioni": "/profilo/sessioni",
}


def walk(album: Album) -> None:
    """See every page as it is at first, then with something in it and with errors at its fields."""
    with album.visitor() as context:
        page = context.new_page()
        sign_in(page, ACCOUNT)
        album.visit(page, PLACES)
        _align(album, page)
        _calendar(album, page)
        _wrong_forms(album, page)
        _document(album, page)
        _credit(album, page)
        _stored_method(album, page)
        _long_ago(album, page)
    with album.visitor() as context:
        page = context.new_page()
        _app(album, page)


def _align(album: Album, page: Page) -> None:
    page.goto("/caselle/allinea")
    press(page, "Calcola")
    album.shoot(page, "caselle-allinea-risultato")


def _calendar(album: Album, page: Page) -> None:
    page.goto("/caselle/calendario")
    press(page, "Crea l'indirizzo")
    album.shoot(page, "caselle-calendario")


def _wrong_forms(album: Album, page: Page) -> None:
    for name, path, button in (
        ("profilo-password-errori", "/profilo/password", "Cambia password"),
        ("profilo-avvisi-errori", "/profilo/avvisi", "Mandami il link di conferma"),
        ("casella-documento-errori", f"{ACTIVE}/documento", "Carica documento"),
        ("metodi-nuovo-errori", "/metodi-di-pagamento/nuovo", "Continua sulla pagina sicura"),
    ):
        page.goto(path)
        press(page, button)
        album.shoot(page, name)
    page.goto("/credito/ricarica")
    page.get_by_label("Importo").fill("molto")
    press(page, "Vai al pagamento")
    album.shoot(page, "credito-ricarica-errori")
    page.goto("/profilo/dati")
    for label in ("Telefono", "CAP"):
        page.get_by_label(label, exact=True).first.fill("1")
    page.get_by_role("button", name=re.compile("^Salva")).first.click()
    album.shoot(page, "profilo-dati-errori")


def _document(album: Album, page: Page) -> None:
    page.goto(f"{ACTIVE}/documento")
    _send(page, {"name": "documento.txt", "mimeType": "text/plain", "buffer": b"non sono un documento"})
    album.shoot(page, "casella-documento-rifiutato")


def _send(page: Page, file: dict[str, object]) -> None:
    page.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[arg-type]
    press(page, "Carica documento")


def _credit(album: Album, page: Page) -> None:
    page.goto("/credito/ricarica")
    page.get_by_label("Importo").fill("50,00")
    press(page, "Vai al pagamento")
    press(page, "Approva")
    album.shoot(page, "ordine-ricarica")
    album.visit(page, {"credito": "/credito", "casella-spazio-prezzo": f"{ACTIVE}/spazio?mailbox_gb=1"})
    page.get_by_role("button", name=re.compile("Conferma e paga")).click()
    page.get_by_text("Spazio attivo").first.wait_for(timeout=30_000)
    album.shoot(page, "ordine-spazio")


def _stored_method(album: Album, page: Page) -> None:
    page.goto("/metodi-di-pagamento/nuovo")
    page.get_by_role("radio", name=re.compile("[Cc]arta")).check()
    page.get_by_role("checkbox", name="Autorizzo questi addebiti").check()
    press(page, "Continua sulla pagina sicura")
    album.shoot(page, "cassa-metodo")
    press(page, "Registra il metodo")
    page.wait_for_url(re.compile("/metodi-di-pagamento$"))
    album.shoot(page, "metodi")
    page.get_by_role("link", name=re.compile("^Rimuovi")).first.click()
    album.shoot(page, "metodi-rimuovi")
    album.visit(page, {"casella-rinnovo-automatico-da-attivare": f"{ACTIVE}/rinnovo-automatico"})
    page.goto("/caselle")
    press(page, "Applica")
    page.get_by_text(re.compile(r"\d+ caselle selezionate")).first.wait_for()
    album.shoot(page, "caselle-selezionate")
    page.goto("/caselle/rinnovo-automatico")
    album.shoot(page, "caselle-rinnovo-automatico")


def _long_ago(album: Album, page: Page) -> None:
    """Be asked for the password again, as if everybody had signed in an hour ago."""
    database = Path(album.demo.setting("PORTAL_DATA")) / "portal.db"
    with sqlite3.connect(database) as connection:
        connection.execute(
            "UPDATE login_session SET authenticated_at = datetime(authenticated_at, '-1 hour')"
        )
    page.goto("/conferma-identita")
    album.shoot(page, "conferma-identita")
    page.get_by_label("La tua password").fill("sbagliata")
    press(page, "Conferma e continua")
    album.shoot(page, "conferma-identita-errore")


def _app(album: Album, page: Page) -> None:
    """Switch an app on, as far as its codes."""
    sign_in(page, "avv.verdi@pec.example", at="/profilo/verifica", password=PASSWORD)
    press(page, "Attiva con un'app")
    album.shoot(page, "profilo-verifica-app")
    page.get_by_label("Codice di 6 cifre").fill("000000")
    press(page, "Attiva")
    album.shoot(page, "profilo-verifica-app-errore")
