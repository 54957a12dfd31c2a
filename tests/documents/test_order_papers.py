"""Papers of orders can be read back: amounts, numbers, coordinates."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pypdf import PdfReader

from portal import languages
from portal.documents.amount_words import amount_in_words
from portal.documents.frame import Letterhead
from portal.documents.instructions import Destination, ToPay, instructions_paper
from portal.documents.order import PaperLine, PaperOrder, order_paper
from portal.domain.payments import PaymentMethod

HEAD = Letterhead("PEC di prova", "aiuto@posta.example", "https://portale.example")
DESTINATION = Destination("Posta Sicura S.p.A.", "IT60X0542811101000000123456", "Banca", "000012345678")
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text().replace("\u00a0", " ") for page in PdfReader(io.BytesIO(pdf)).pages)


def to_pay(method: PaymentMethod) -> ToPay:
    payer = "Mario Rossi, Via Roma 1"
    return ToPay("K7MP2XQ9AB", 123_450, method, payer, AT, date(2026, 11, 25), date(2026, 11, 27))


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (PaymentMethod.BANK_TRANSFER, ["€ 1.234,50", "IT60 X054 2811 1010 0000 0123 456", "Banca"]),
        (
            PaymentMethod.PREFILLED_SLIP,
            ["1234,50", "000012345678", "milleduecentotrentaquattro/50", "Mario Rossi, Via Roma 1"],
        ),
        (PaymentMethod.POSTAL_SLIP, ["1234,50", "000012345678", "milleduecentotrentaquattro/50", "bianco"]),
    ],
)
def test_the_instructions_say_all_that_is_needed(method: PaymentMethod, said: list[str]) -> None:
    text = text_of(instructions_paper(HEAD, to_pay(method), DESTINATION))

    for part in [*said, "K7MP2XQ9AB", "Posta Sicura S.p.A.", "25 novembre 2026", "27 novembre 2026"]:
        assert part in text


def test_a_paper_is_in_its_readers_language() -> None:
    with languages.speaking("en"):
        pdf = instructions_paper(HEAD, to_pay(PaymentMethod.POSTAL_SLIP), DESTINATION)
    text = text_of(pdf)

    assert PdfReader(io.BytesIO(pdf)).root_object["/Lang"] == "en"
    for part in ("How to pay order K7MP2XQ9AB", "25 November 2026", "page 1 of"):
        assert part in text
    # What is to be copied onto an Italian slip is Italian, and so are the names of its fields.
    for part in ("«sul C/C n.»", "1234,50", "milleduecentotrentaquattro/50"):
        assert part in text


def test_a_gateway_needs_no_instructions() -> None:
    with pytest.raises(ValueError, match="card"):
        instructions_paper(HEAD, to_pay(PaymentMethod.CARD), DESTINATION)


def test_an_order_names_its_mailboxes_and_counts_the_rest() -> None:
    line = PaperLine("studio@pec.example", "Standard · 1 anno", date(2027, 12, 1), 500)
    order = PaperOrder(
        "K7MP2XQ9AB", AT, "In attesa", "Bonifico", [line] * 60, 80, 40_000, Decimal(22), 8_800, 48_800
    )

    text = text_of(order_paper(HEAD, order))

    assert text.count("studio@pec.example") == 60
    for part in ("K7MP2XQ9AB", "e altre 20 caselle", "€ 400,00", "IVA 22%", "€ 88,00", "€ 488,00"):
        assert part in text


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "zero/00"),
        (610, "sei/10"),
        (1_220, "dodici/20"),
        (2_101, "ventuno/01"),
        (2_800, "ventotto/00"),
        (10_000, "cento/00"),
        (18_099, "centottanta/99"),
        (100_000, "mille/00"),
        (200_100, "duemilauno/00"),
        (123_450, "milleduecentotrentaquattro/50"),
        (100_000_000, "unmilione/00"),
        (12_345_678_90, "dodicimilionitrecentoquarantacinquemilaseicentosettantotto/90"),
    ],
)
def test_amounts_in_words(cents: int, words: str) -> None:
    assert amount_in_words(cents) == words
