"""An identity document is sent from a phone, found again by everybody who may know, and taken back."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.steps import ACCOUNT, no_barriers, press, sign_in
from tests.adapters import corpus

MAILBOX = "direzione@contiesoci.pec.example"


def test_a_document_is_sent_and_taken_back(any_page: Page, tmp_path: Path) -> None:
    page, photo, script = any_page, tmp_path / "carta.jpg", tmp_path / "carta.pdf"
    photo.write_bytes(corpus.with_traces())
    script.write_bytes(corpus.pdf(OpenAction=corpus.script()))
    sign_in(page, ACCOUNT, at=f"/caselle/{MAILBOX}")
    press(page, "Carica documento")
    page.get_by_label("Carta d'identità o passaporto del titolare").set_input_files(script)
    press(page, "Carica documento")
    expect(page.get_by_role("alert")).to_contain_text("Il PDF contiene script")
    no_barriers(page)

    page.get_by_label("Carta d'identità o passaporto del titolare").set_input_files(photo)
    press(page, "Carica documento")
    expect(page.locator("main")).to_contain_text("Documento già caricato")
    no_barriers(page)
    with page.expect_download() as kept:
        press(page, "Scarica")
    sent = kept.value.path().read_bytes()
    assert sent.startswith(b"\xff\xd8\xff")
    assert corpus.SECRET.encode() not in sent

    page.goto("/caselle?cerca=direzione")
    expect(page.locator("main")).to_contain_text("Documento già caricato")
    page.goto("/profilo/attivita")
    expect(page.locator("main")).to_contain_text(
        re.compile("Documento caricato.*Documento non accettato", re.S)
    )
    page.goto(f"/caselle/{MAILBOX}/documento")
    press(page, "Elimina")
    expect(page.locator("main")).to_contain_text("Nessun documento caricato")
