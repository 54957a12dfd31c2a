"""Texts that people type, brought to one form: one line, no needless spaces, nothing invisible."""

from __future__ import annotations

import unicodedata

from portal.domain.errors import FieldProblem

REQUIRED, CHARACTERS, TOO_LONG = "required", "characters", "too_long"
"""The codes of `customers.FieldCode` that any text can meet."""
LONGEST_CODE = 40


def one_line(text: str, field: str, longest: int) -> str:
    """Return one line of text without needless spaces; raises FieldProblem."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if not line:
        raise FieldProblem(field, REQUIRED)
    if not line.isprintable():
        raise FieldProblem(field, CHARACTERS)
    if len(line) > longest:
        raise FieldProblem(field, TOO_LONG)
    return line


def compact(text: str, field: str) -> str:
    """Return a code in capitals without spaces; raises FieldProblem."""
    return one_line(plain_letters(text), field, LONGEST_CODE).replace(" ", "").upper()


def plain_letters(text: str) -> str:
    """Return the text with letters and digits of other widths and styles as the plain ones they stand for."""
    return unicodedata.normalize("NFKC", text)
