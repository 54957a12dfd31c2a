"""Contract texts: what their lines mean, how they are named, what their fingerprint covers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.contracts import (
    BlockKind,
    ContractKind,
    blocks_of,
    fingerprint,
    parse_text_name,
    text_name,
    whole_text,
)

H, S, P, L = BlockKind.HEADING, BlockKind.SUBHEADING, BlockKind.PARAGRAPH, BlockKind.ITEMS


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("", []),
        ("\n  \n", []),
        ("una riga", [(P, "una riga")]),
        ("una riga\nche continua", [(P, "una riga che continua")]),
        ("uno\n\ndue", [(P, "uno"), (P, "due")]),
        ("# Titolo\ntesto", [(H, "Titolo"), (P, "testo")]),
        ("# Titolo\n# Altro", [(H, "Titolo"), (H, "Altro")]),
        ("## Sotto\n\n- a\n- b", [(S, "Sotto"), (L, "a b")]),
        ("testo\n- a\ntesto", [(P, "testo"), (L, "a"), (P, "testo")]),
        ("- a\n\n- b", [(L, "a"), (L, "b")]),
        ("#senza spazio", [(P, "#senza spazio")]),
        ("<script>alert(1)</script>", [(P, "<script>alert(1)</script>")]),
    ],
)
def test_lines_become_blocks(body: str, blocks: list[tuple[BlockKind, str]]) -> None:
    assert [(block.kind, block.text) for block in blocks_of(body)] == blocks


@given(st.text(alphabet="# -ab\n", max_size=60))
def test_no_letter_is_lost(body: str) -> None:
    shown = "".join(line for block in blocks_of(body) for line in block.lines)

    assert [letter for letter in shown if letter in "ab"] == [letter for letter in body if letter in "ab"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("privacy.2026-1.it", (ContractKind.PRIVACY, "2026-1", "it")),
        ("general_terms.3.en", (ContractKind.GENERAL_TERMS, "3", "en")),
        ("privacy.2026.1.it", None),
        ("privacy..it", None),
        ("privacy.1.italiano", None),
        ("privacy.1.IT", None),
        ("privacy.-1.it", None),
        ("privacy." + "1" * 21 + ".it", None),
        ("cookies.1.it", None),
        ("privacy", None),
        ("", None),
        ("../privacy.1.it", None),
    ],
)
def test_a_name_is_kind_version_and_language(name: str, parts: tuple[ContractKind, str, str] | None) -> None:
    assert parse_text_name(name) == parts
    if parts:
        assert text_name(*parts) == name


@pytest.mark.parametrize(
    "other",
    [
        ("Altro titolo", "1", date(2026, 1, 1), "testo"),
        ("Titolo", "2", date(2026, 1, 1), "testo"),
        ("Titolo", "1", date(2026, 1, 2), "testo"),
        ("Titolo", "1", date(2026, 1, 1), "testo."),
    ],
)
def test_whatever_changes_changes_the_fingerprint(other: tuple[str, str, date, str]) -> None:
    assert fingerprint(whole_text("Titolo", "1", date(2026, 1, 1), "testo")) != fingerprint(
        whole_text(*other)
    )
