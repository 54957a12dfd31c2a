"""Orders in each state, and what can be done with them."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page

from e2e.customers import PASSWORD, new_customer, pay_in_full, until_it_says
from e2e.steps import ACCOUNT, press, sign_in, to_the_order
from portal.demo.holders import person
from tools.pictures.album import Album
from tools.pictures.renewals import begin

CONSUMER = person("individual", "Mario", "Prova", 90)
SLIPS = {"prefilled_slip": "Bollettino precompilato", "postal_slip": "Bollettino postale"}


def walk(album: Album) -> None:
    """Order, pay in each way, declare, cancel, withdraw, and let one lapse."""
    with album.visitor() as context:
        page = context.new_page()
        sign_in(page, ACCOUNT)
        number = _awaiting(album, page)
        _done(album, page)
        _in_between(album, page)
        album.visit(
            page,
            {
                "ordini": "/ordini",
                "ordini-nessuno-trovato": "/ordini?cerca=zzzz",
                "comunicazioni": "/comunicazioni",
                "home-con-ordini": "/",
                "caselle-da-pagare": "/caselle",
                "posta": "/demo/posta",
            },
        )
        page.locator("th a").first.click()
        album.shoot(page, "posta-lettera")
        page.goto("/comunicazioni")
        page.locator("main th a").first.click()
        album.shoot(page, "comunicazione")
    with album.visitor() as context:
        _withdrawn(album, context.new_page())
    with album.visitor() as context:
        _lapsed(album, context.new_page(), number)


def _awaiting(album: Album, page: Page) -> str:
    begin(page, "qualita@contiesoci.pec.example")
    number = to_the_order(page)
    album.shoot(page, "ordine-bonifico")
    for method, label in SLIPS.items():
        page.goto(f"/ordini/{number}/metodo")
        page.get_by_role("radio", name=re.compile(f"^{label}")).check()
        press(page, "Usa questo metodo")
        page.locator("#paga").wait_for()
        album.shoot(page, f"ordine-{method}")
    page.goto(f"/ordini/{number}/ho-pagato")
    album.shoot(page, "ordine-ho-pagato")
    page.locator("main form").get_by_role("button", name="Ho pagato").click()
    album.shoot(page, "ordine-ho-pagato-errori")
    page.get_by_label("Codice della ricevuta (VCYL)").fill("VCYL 0042")
    page.locator("main form").get_by_role("button", name="Ho pagato").click()
    album.shoot(page, "ordine-dichiarato")
    page.goto("/caselle/qualita@contiesoci.pec.example")
    album.shoot(page, "casella-da-pagare")
    page.goto("/caselle/qualita@contiesoci.pec.example/rinnova")
    album.shoot(page, "rinnova-da-pagare")
    page.goto(f"/ordini/{number}/annulla")
    album.shoot(page, "ordine-annulla")
    return number


def _done(album: Album, page: Page) -> None:
    begin(page, "magazzino@contiesoci.pec.example")
    number = to_the_order(page)
    pay_in_full(album.demo, page, number)
    album.shoot(page, "ordine-evaso")
    begin(page, "export@contiesoci.pec.example")
    number = to_the_order(page)
    page.goto(f"/ordini/{number}/annulla")
    page.locator("main").get_by_role("button", name=re.compile("Annulla")).click()
    album.shoot(page, "ordine-annullato")
    by = ("--method", "bank_transfer", "--reference", "TRN 77", "--on", str(album.demo.today()))
    with suppress(RuntimeError):  # it says so when money pays nothing
        album.demo.operator("payments", "register", number, "--amount", "36.60", *by)
    page.reload()
    album.shoot(page, "ordine-annullato-poi-pagato")


def _in_between(album: Album, page: Page) -> None:
    """Put an order into states that pass too quickly for a picture, by hand."""
    page.goto("/caselle")
    page.get_by_role("combobox", name=re.compile("Seleziona tutte le caselle")).select_option("1")
    press(page, "Applica")
    page.get_by_text(re.compile(r"\d+ caselle selezionate")).first.wait_for()
    page.locator("#rinnova-selezione").click()
    page.locator("#totals").filter(has_text="€").wait_for(state="attached")
    number = to_the_order(page)
    album.shoot(page, "ordine-molte")
    database = Path(album.demo.setting("PORTAL_DATA")) / "portal.db"
    for state, line in (("paid", "in_progress"), ("credited", "refused"), ("refunded", "refused")):
        with sqlite3.connect(database) as connection:
            connection.execute(
                "UPDATE customer_order SET state = ?, paid_at = placed_at, closed_at = ? WHERE number = ?",
                (state, None if state == "paid" else "2026-11-26 12:00:00.000000", number),
            )
            connection.execute(
                "UPDATE order_line SET state = ? WHERE id % 3 = 0"
                " AND order_id = (SELECT id FROM customer_order WHERE number = ?)",
                (line, number),
            )
        page.goto(f"/ordini/{number}")
        album.shoot(page, f"ordine-{state}")


def _withdrawn(album: Album, page: Page) -> None:
    with tempfile.TemporaryDirectory(prefix="consumatore") as folder:
        mine = new_customer(album.demo, Path(folder), CONSUMER, days=60)
    sign_in(page, mine.address, password=PASSWORD)
    begin(page, mine.address)
    number = to_the_order(page)
    pay_in_full(album.demo, page, number)
    album.shoot(page, "ordine-evaso-consumatore")
    press(page, "Recedi dal contratto qui")
    album.shoot(page, "recesso")
    page.get_by_label("E-mail per la ricevuta del recesso").fill("niente")
    press(page, "Prosegui")
    album.shoot(page, "recesso-errori")
    page.get_by_label("E-mail per la ricevuta del recesso").fill("mario@posta.example")
    press(page, "Prosegui")
    album.shoot(page, "recesso-conferma")
    press(page, "Conferma recesso")
    until_it_says(page, "Il rinnovo è annullato")
    album.shoot(page, "ordine-recesso")


def _lapsed(album: Album, page: Page, number: str) -> None:
    """Let a year go by: the order's mailbox is gone, and the order with it."""
    album.demo.move_to(album.demo.today() + timedelta(days=365))
    album.demo.operator("tick")
    sign_in(page, ACCOUNT, at=f"/ordini/{number}")
    album.shoot(page, "ordine-scaduto")
