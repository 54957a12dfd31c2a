"""What there is before somebody is in: doors, recovery, the second step, what everybody may read, errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Page, Route

from e2e.steps import mail_about, press, sign_in
from portal.demo.holders import Holder
from portal.demo.register import PASSWORD, ROSSI, SAFE_ACCOUNT, SINGLE_MAILBOX
from tools.pictures.album import Album

READABLE = {
    "aiuto": "/aiuto",
    "accessibilita": "/accessibilita",
    "contratti": "/contratti",
    "verifica": "/verifica",
    "verifica-ignoto": "/verifica?codice=ABCD-EFGH-JKLM",
    "non-trovata-fuori": "/nessuna-pagina",
    "componenti": "/componenti",
    "codice-di-prova": "/demo/codice",
    "posta-vuota": "/demo/posta",
}


def shoot_errors(album: Album, pages: Mapping[int, str]) -> None:
    """Show each error page where the portal's own stylesheet is."""
    with album.visitor() as context:
        page = context.new_page()
        for status, body in pages.items():
            _show(page, status, body)
            album.shoot(page, f"errore-{status}")


def _show(page: Page, status: int, body: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type="text/html; charset=utf-8")

    page.route(f"**/errore-{status}", answer)
    page.goto(f"/errore-{status}")


def walk(album: Album) -> None:
    """Try the doors: wrongly, with two steps, without the password, and read what is there."""
    with album.visitor() as context:
        page = context.new_page()
        album.visit(page, READABLE)
        page.goto("/contratti")
        page.locator("main a").first.click()
        album.shoot(page, "contratto")
        _wrongly(album, page)
        _second_step(album, page)
        context.clear_cookies()
        _recovery(album, page, ROSSI)


def _wrongly(album: Album, page: Page) -> None:
    page.goto("/accedi")
    album.shoot(page, "accedi")
    press(page, "Accedi")
    album.shoot(page, "accedi-errori")
    _knock(page, SINGLE_MAILBOX, "sbagliata")
    album.shoot(page, "accedi-rifiutato")


def _knock(page: Page, who: str, password: str) -> None:
    page.goto("/accedi")
    page.get_by_label("Account o casella PEC").fill(who)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Accedi")


def _second_step(album: Album, page: Page) -> None:
    _knock(page, SAFE_ACCOUNT, PASSWORD)
    album.shoot(page, "secondo-passo")
    page.get_by_label("Codice di verifica").fill("000000")
    press(page, "Conferma")
    album.shoot(page, "secondo-passo-errore")


def _recovery(album: Album, page: Page, holder: Holder) -> None:
    for what in ("password", "username"):
        page.goto(f"/recupero/{what}")
        album.shoot(page, f"recupero-{what}")
        press(page, "Invia")
        album.shoot(page, f"recupero-{what}-errori")
    page.goto("/recupero/username")
    page.get_by_label("E-mail di riferimento").fill(holder.contact_email)
    press(page, "Invia")
    album.shoot(page, "recupero-username-inviato")
    page.goto("/recupero/link/nessuno")
    album.shoot(page, "recupero-link-scaduto")
    page.goto("/recupero/password")
    page.get_by_label("Account o casella PEC").fill(SINGLE_MAILBOX)
    page.get_by_label("Codice fiscale o partita IVA del titolare", exact=False).fill(holder.tax_code)
    press(page, "Invia")
    album.shoot(page, "recupero-password-inviato")
    _choose(album, page)
    for name in ("conferma-email", "conferma-avvisi"):
        page.goto(f"/{name}/nessuno")
        album.shoot(page, f"{name}-scaduta")


def _choose(album: Album, page: Page) -> None:
    for _ in range(6):  # the worker may be busy with the mails of the day
        page.goto("/demo/posta")
        if page.get_by_role("link", name="Scegli una nuova password").count():
            break
        page.wait_for_timeout(10_000)
    mail_about(page, "Scegli una nuova password")
    link = re.search(r"http\S+/recupero/link/[\w-]+", page.locator("main").inner_text())
    assert link
    page.goto(link[0])
    album.shoot(page, "recupero-nuova-password")
    page.get_by_label("Nuova password", exact=True).fill("corta")
    page.get_by_label("Ripeti la nuova password").fill("corta")
    press(page, "Salva la nuova password")
    album.shoot(page, "recupero-nuova-password-errori")
    sign_in(page, SINGLE_MAILBOX)
