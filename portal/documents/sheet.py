"""Tables for spreadsheets: CSV as Excel opens it in Italy, in which no cell is ever a formula.

Source: hardening.md S47, OWASP ASVS 1.2.10.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

MIMETYPE = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads UTF-8 as the alphabet of the machine."""
SEPARATOR = ";"
"""The list separator of Italian settings, where the comma is of the decimals."""
PIECE_ROWS = 200
"""Rows that are sent at once."""
_BEGINS_FORMULA = frozenset("=+-\u2212@|%")
_QUOTE = "'"


def pieces(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Give the file piece by piece, never more than some rows in memory."""
    out = StringIO()
    writer = csv.writer(out, delimiter=SEPARATOR, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    out.write(BYTE_ORDER_MARK)
    writer.writerow([safe_cell(text) for text in head])
    for number, row in enumerate(rows, 1):
        writer.writerow([safe_cell(text) for text in row])
        if number % PIECE_ROWS == 0:
            yield _emptied(out)
    yield _emptied(out)


def safe_cell(text: str) -> str:
    """Return the text as one line that no program takes for a formula, whatever somebody put into it.

    Characters that are not to be seen, line breaks among them, become spaces or nothing; what then begins
    like a formula, in whatever width, gets an apostrophe, which spreadsheets take for «this is text».
    """
    line = "".join(_visible(character) for character in text).strip()
    first = unicodedata.normalize("NFKC", line[:1])
    return _QUOTE + line if first[:1] in _BEGINS_FORMULA else line


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character


def _emptied(out: StringIO) -> bytes:
    piece = out.getvalue().encode("utf-8")
    out.seek(0)
    out.truncate()
    return piece
