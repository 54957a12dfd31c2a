"""The frame of papers: what is written can be read back, on as many pages as it takes."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from portal.documents.frame import Column, Letterhead, Paper, Sum
from portal.formats import euro

HEAD = Letterhead("PEC di prova", "aiuto@posta.example", "https://portale.example")
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
COLUMNS = [Column("Voce", 70), Column("Importo", 30, is_number=True)]


def paper(*rows: tuple[str, str]) -> Paper:
    written = Paper(HEAD, "Preventivo", at=AT)
    written.facts([("Giorno", "24 novembre 2026")])
    written.table(COLUMNS, rows)
    written.sums([Sum("Da pagare", "€ 18,30", strong=True)])
    written.paragraph("Perché è così.")
    return written


def pages(written: Paper) -> list[str]:
    return [page.extract_text().replace("\u00a0", " ") for page in PdfReader(io.BytesIO(written.pdf())).pages]


def test_what_is_written_can_be_read_back() -> None:
    text = pages(paper(("Casella Standard, 3 anni", "€ 15,00")))[0]

    for part in ("PEC di prova", "Preventivo", "24 novembre 2026", "€ 15,00", "€ 18,30", "Perché è così."):
        assert part in text


def test_no_line_ends_between_the_euro_and_its_number() -> None:
    """Wherever the words before it end, the amount stands whole on one line."""
    written = paper()
    for place in range(60, 100):
        written.paragraph("a" * place + " poi " + euro(123_450))

    text = "".join(pages(written))

    assert text.count("€ 1.234,50") == 40


def test_a_long_table_repeats_its_head_on_every_page() -> None:
    found = pages(paper(*[("Casella Standard", "€ 5,00")] * 100))

    assert len(found) > 2
    assert all("Voce" in text for text in found[:-1])
    assert f"di {len(found)}" in found[-1]


def test_the_same_paper_is_the_same_bytes() -> None:
    assert paper(("Casella", "€ 5,00")).pdf() == paper(("Casella", "€ 5,00")).pdf()


@pytest.mark.parametrize("hostile", ["riga\r\nnuova", "\x00nulla", "prima\u2028dopo", "\u202erovescio"])
def test_control_characters_do_not_reach_the_page(hostile: str) -> None:
    text = "".join(pages(paper((hostile, "€ 5,00"))))

    assert not set(text) & {"\x00", "\r", "\u2028", "\u202e"}


def test_a_paper_of_one_page_is_small() -> None:
    assert len(paper(("Casella", "€ 5,00")).pdf()) < 40_000
