"""Files for spreadsheets: whatever is in a cell, it stays text, and stays in its cell."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.documents.sheet import PIECE_ROWS, pieces, safe_cell


@pytest.mark.parametrize(
    ("hostile", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+39 011", "'+39 011"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("|calc", "'|calc"),
        ("%0A", "'%0A"),
        ("\t=1", "'=1"),
        ("\r=1", "'=1"),
        ("\n=1", "'=1"),
        ("\0=1", "'=1"),
        ("  =1", "'=1"),
        ("\xa0=1", "'=1"),
        ("\u200b=1", "'=1"),
        ("\ufeff=1", "'=1"),
        ("\u202e=1", "'=1"),
        ("\x0b\x0c\x1c\x85\u2028\u2029=1", "'=1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("﹦1", "'﹦1"),
        ("\u22121", "'\u22121"),
        ("a\r\n=1;2", "a  =1;2"),
        ("a\0b", "ab"),
        ("\ud800", ""),
        ("studio=rossi@pec.example", "studio=rossi@pec.example"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula_or_more_than_a_line(hostile: str, written: str) -> None:
    assert safe_cell(hostile) == written


@given(st.lists(st.lists(st.text(alphabet=st.characters(exclude_categories=())), min_size=3, max_size=3)))
def test_every_cell_comes_back_in_its_place_and_none_begins_a_formula(rows: list[list[str]]) -> None:
    text = b"".join(pieces(["a", "b", "c"], rows)).decode("utf-8-sig")
    _, *read = csv.reader(text.split("\r\n")[:-1], delimiter=";")

    assert [len(row) for row in read] == [3] * len(rows)
    assert not [cell for row in read for cell in row if cell[:1] in {*"=+-@\t\r\n\0"}]


def test_a_long_file_comes_in_pieces() -> None:
    made = 0

    def rows() -> object:
        nonlocal made
        for made in range(10 * PIECE_ROWS):
            yield [str(made)]

    first = next(iter(pieces(["n"], rows())))  # type: ignore[arg-type]

    assert first.startswith(b'\xef\xbb\xbf"n"\r\n"0"\r\n')
    assert made == PIECE_ROWS - 1, "no more was asked for than the piece needs"
