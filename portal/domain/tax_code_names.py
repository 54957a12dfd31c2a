"""Whether a person's tax code is made from their name: reason to look again, never to refuse."""

from __future__ import annotations

from unicodedata import combining, normalize

_VOWELS = frozenset("AEIOU")


def fits_name(tax_code: str, first_name: str, last_name: str) -> bool:
    """Say whether the code's first six letters are those of the name; true where nothing can be said.

    The registry writes some names otherwise than their owners do, so a false is a warning alone.
    Source: domain.md 11.3.
    """
    code = tax_code.strip().upper()
    if len(code) != 16 or not _letters(first_name) or not _letters(last_name):
        return True
    return code[:6] == _three(*_parted(last_name)) + _of_first_name(first_name)


def _of_first_name(name: str) -> str:
    """Return three letters: of four consonants or more the second is left out."""
    consonants, vowels = _parted(name)
    if len(consonants) > 3:
        consonants = consonants[0] + consonants[2:]
    return _three(consonants, vowels)


def _parted(name: str) -> tuple[str, str]:
    letters = _letters(name)
    consonants = "".join(letter for letter in letters if letter not in _VOWELS)
    return consonants, "".join(letter for letter in letters if letter in _VOWELS)


def _three(consonants: str, vowels: str) -> str:
    return (consonants + vowels + "XXX")[:3]


def _letters(name: str) -> str:
    plain = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    return "".join(letter for letter in plain.upper() if "A" <= letter <= "Z")
