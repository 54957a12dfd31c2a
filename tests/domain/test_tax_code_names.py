"""Tax codes against names: what fits, and what is worth a second look. Source: domain.md 11.3."""

from __future__ import annotations

import pytest

from portal.domain.tax_code_names import fits_name


@pytest.mark.parametrize(
    ("code", "first", "last", "fits"),
    [
        ("RSSMRA85T10A562S", "Mario", "Rossi", True),
        ("rssmra85t10a562s ", "MARIO", "rossi", True),
        ("RSSMRA80A01H50MM", "Maria", "Rossi", True),
        ("RSSMRA85T10A562S", "Rossi", "Mario", False),  # the two exchanged
        ("RSSMRA85T10A562S", "Anna", "Rossi", False),
        ("VRDGNN80A01H501X", "Giovanni", "Verdi", True),  # four consonants: the second is left out
        ("FOXLAI80A01H501X", "Ali", "Fo", True),  # too short a name: X
        ("DNGNCL80A01H501X", "Nicolò", "D'Angelo", True),
        ("12345678903", "Mario", "Rossi", True),  # no person's
        ("RSSMRA85T10A562S", "", "Rossi", True),
        ("", "Mario", "Rossi", True),
    ],
)
def test_six_letters_come_from_the_name(code: str, first: str, last: str, fits: bool) -> None:
    assert fits_name(code, first, last) is fits
