"""The code for bank apps holds exactly what EPC069-12 wants, and refuses what it does not take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
import segno

from portal.documents.transfer_qr import Transfer, transfer_code, transfer_png, transfer_svg

IBAN = "IT60X0542811101000000123456"
TRANSFER = Transfer("Posta Sicura S.p.A.", IBAN, 610, "K7MP2XQ9AB")


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({}, f"BCD\n002\n1\nSCT\n\nPosta Sicura S.p.A.\n{IBAN}\nEUR6.1\n\n\nK7MP2XQ9AB"),
        ({"amount_cents": 1}, f"BCD\n002\n1\nSCT\n\nPosta Sicura S.p.A.\n{IBAN}\nEUR0.01\n\n\nK7MP2XQ9AB"),
        (
            {"amount_cents": 123_450_00, "beneficiary": "Società"},
            f"BCD\n002\n1\nSCT\n\nSocietà\n{IBAN}\nEUR123450\n\n\nK7MP2XQ9AB",
        ),
        (
            {"beneficiary": "A" * 70, "amount_cents": 999_999_999_99},
            f"BCD\n002\n1\nSCT\n\n{'A' * 70}\n{IBAN}\nEUR999999999.99\n\n\nK7MP2XQ9AB",
        ),
    ],
)
def test_the_code_says_this_and_nothing_else(fields: dict[str, Any], payload: str) -> None:
    code = transfer_code(replace(TRANSFER, **fields))

    expected = segno.make_qr(payload.encode(), error="m", boost_error=False)
    assert code.matrix == expected.matrix
    assert (code.error, int(code.version) <= 13) == ("M", True)
    assert len(payload.encode()) <= 331


@pytest.mark.parametrize(
    "fields",
    [
        {"beneficiary": ""},
        {"beneficiary": "A" * 71},
        {"amount_cents": 0},
        {"amount_cents": -1},
        {"amount_cents": 1_000_000_000_00},
        {"number": ""},
        {"number": "A" * 141},
    ],
)
def test_what_no_code_can_hold_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Invalid|must be provided"):
        transfer_code(replace(TRANSFER, **fields))


def test_the_drawing_has_no_style_and_a_white_ground() -> None:
    drawn = transfer_svg(TRANSFER).decode()

    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"
    assert "style" not in drawn
    assert "script" not in drawn
    assert 'fill="#fff"' in drawn


def test_the_picture_is_a_png() -> None:
    assert transfer_png(TRANSFER).startswith(b"\x89PNG")
