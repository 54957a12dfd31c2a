"""The renewal, step by step: one mailbox, many, a convention, each kind of customer; refused and repaired."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from e2e.steps import ACCOUNT, accept_the_texts, add_nothing, press, sign_in, through_the_data
from portal.demo.register import CONVENTION_MAILBOX, SINGLE_MAILBOX
from tools.pictures.album import Album

BEFORE = {
    "rinnova-sospesa": "ambiente@contiesoci.pec.example",
    "rinnova-cancellata": "progetto2023@contiesoci.pec.example",
    "rinnova-dominio": "info@contiesoci.example",
    "rinnova-ente": "arch.serra@pec.example",
    "rinnova-convenzione-finita": "avv.lupi@pec.example",
}
SINGLE = {
    "piano-archivio": ("amministrazione@contiesoci.pec.example", "STANDARD"),
    "piano-troppo-piccolo": ("contratti@contiesoci.pec.example", ""),
    "piano-con-spazio": ("archivio@contiesoci.pec.example", ""),
}


def walk(album: Album) -> None:
    """Go through all steps as the account, as one mailbox, and as a member of a convention."""
    with album.visitor() as context:
        _as_account(album, context.new_page())
    with album.visitor() as context:
        _as_mailbox(album, context.new_page())
    with album.visitor() as context:
        page = context.new_page()
        begin(page, CONVENTION_MAILBOX, who=CONVENTION_MAILBOX)
        album.shoot(page, "piano-convenzione")
    with album.visitor() as context:
        _data_of_each_kind(album, context.new_page())


def begin(page: Page, address: str, *, who: str = "") -> None:
    """Come to «Piano» of one mailbox, signing in where nobody is in yet."""
    if who:
        sign_in(page, who, at=f"/caselle/{address}/rinnova")
    else:
        page.goto(f"/caselle/{address}/rinnova")
    press(page, "Continua")
    page.locator("#totals").filter(has_text="€").wait_for(state="attached")


def _as_account(album: Album, page: Page) -> None:
    sign_in(page, ACCOUNT)
    album.visit(page, {name: f"/caselle/{address}/rinnova" for name, address in BEFORE.items()})
    for name, (address, plan) in SINGLE.items():
        begin(page, address)
        if plan:
            page.locator("label.plan-choice", has_text=plan).click()
            page.get_by_role("checkbox", name=re.compile("Accetto la cancellazione")).wait_for()
        album.shoot(page, name)
        if plan:
            press(page, "Prosegui e completa l'ordine")
            album.shoot(page, f"{name}-errore")
    album.visit(
        page,
        {"rinnova-con-altro-iniziato": "/caselle/gare@contiesoci.pec.example/rinnova", "home-iniziato": "/"},
    )
    _many(album, page)


def _many(album: Album, page: Page) -> None:
    page.goto("/caselle")
    page.get_by_role("combobox", name=re.compile("Seleziona tutte le caselle")).select_option("12")
    press(page, "Applica")
    page.get_by_text(re.compile(r"\d+ caselle selezionate")).first.wait_for()
    album.shoot(page, "caselle-selezionate-tutte")
    page.locator("#rinnova-selezione").click()
    page.locator("#totals").filter(has_text="€").wait_for(state="attached")
    album.shoot(page, "piano-molte")
    page.locator("details.fold summary").first.click()
    page.locator("details.fold .plans").first.wait_for()
    album.shoot(page, "piano-molte-aperta")
    page.get_by_role("link", name="Prosegui e completa l'ordine").click()
    page.get_by_role("heading", level=1).filter(has_text="Vuoi aggiungere").wait_for()
    album.shoot(page, "extra-molti")
    page.get_by_label("Quanti pezzi?").first.fill("uno")
    press(page, "Prosegui")
    album.shoot(page, "extra-errori")
    page.get_by_label("Quanti pezzi?").first.fill("0")
    add_nothing(page)
    album.shoot(page, "dati-molti")
    press(page, "Modifica", exact=False)
    album.shoot(page, "dati-molti-modifica")
    through_the_data(page)
    album.shoot(page, "pagamento-tempi")
    too_late = page.get_by_role("button", name="Togli queste caselle dal rinnovo")
    if too_late.count():
        too_late.click()
    page.get_by_role("radio", name=re.compile("Bonifico")).check()
    album.shoot(page, "pagamento-bonifico")
    press(page, "Prosegui")
    album.shoot(page, "conferma-molti")


def _as_mailbox(album: Album, page: Page) -> None:
    sign_in(page, SINGLE_MAILBOX)
    album.shoot(page, "casella-sola")
    page.goto(f"/caselle/{SINGLE_MAILBOX}/rinnova")
    album.shoot(page, "rinnova")
    begin(page, SINGLE_MAILBOX)
    album.shoot(page, "piano")
    press(page, "Prosegui e completa l'ordine")
    album.shoot(page, "extra")
    press(page, "Prosegui")
    album.shoot(page, "dati")
    for label in ("Telefono", "CAP"):
        page.get_by_label(label, exact=True).first.fill("")
    press(page, "Prosegui")
    album.shoot(page, "dati-errori")
    page.get_by_label("Telefono", exact=True).first.fill("0575 123456")
    page.get_by_label("CAP", exact=True).first.fill("52100")
    through_the_data(page)
    album.shoot(page, "pagamento")
    press(page, "Prosegui")
    album.shoot(page, "pagamento-nessuno")
    page.get_by_role("radio", name="Carta di credito").check()
    album.shoot(page, "pagamento-carta")
    press(page, "Prosegui")
    album.shoot(page, "pagamento-errori")
    page.get_by_role("radio", name="No, rinnovo io ogni volta").check()
    press(page, "Prosegui")
    album.shoot(page, "conferma")
    press(page, "Conferma e paga")
    album.shoot(page, "conferma-errori")
    accept_the_texts(page)
    press(page, "Conferma e paga")
    page.wait_for_url(re.compile("/cassa/"))
    album.shoot(page, "cassa")
    press(page, "Rifiuta: disponibilità insufficiente")
    page.wait_for_url(re.compile("/ordini/"))
    album.shoot(page, "ordine-rifiutato")
    page.goto(f"{page.url}/metodo")
    album.shoot(page, "ordine-metodo")


def _data_of_each_kind(album: Album, page: Page) -> None:
    begin(page, "comune.tributi@pec.example", who=ACCOUNT)
    press(page, "Prosegui e completa l'ordine")
    add_nothing(page)
    for kind in ("individual", "company", "nonprofit", "public_body"):
        page.locator("#billing-kind").select_option(kind)
        page.wait_for_timeout(800)
        album.shoot(page, f"dati-{kind}")
