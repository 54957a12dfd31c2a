"""Which passwords may be chosen: long ones, made of anything, but not of what everybody tries first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

SHORTEST = 15
LONGEST = 1024
"""More than anybody types; no shorter, so that nothing is ever cut off."""
FEWEST_LETTERS = 6
"""How many different letters and digits must be left when the words tried first are taken out."""
TRIED_FIRST = (
    "password passw0rd parola chiave segreta segreto accesso benvenuto welcome admin administrator "
    "qwertyuiop qwerty asdfghjkl asdfgh zxcvbnm zxcvbn 1qaz2wsx abcdefghijklmnopqrstuvwxyz abcdefgh abcdef "
    "1234567890 0987654321 123456789 12345678 123456 letmein iloveyou changeme amministratore "
    "pec casella mailbox posta certificata legalmail azienda ufficio studio italia 2024 2025 2026 2027"
).split()


class PasswordProblem(StrEnum):
    """Why a password may not be chosen."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TRIED_FIRST = "tried_first"
    STOLEN = "stolen"
    """In the lists of what was stolen elsewhere: `KnownPasswords` says so, not the password itself."""


def password_problem(password: str, own_words: Iterable[str] = ()) -> PasswordProblem | None:
    """Return what is wrong with a new password, or None; lengths count characters.

    `own_words` are what an attacker knows: the name or address it is for, the operator's brand. No rule asks
    for capitals, digits or signs. Source: hardening.md S15.
    """
    if len(password) < SHORTEST:
        return PasswordProblem.TOO_SHORT
    if len(password) > LONGEST:
        return PasswordProblem.TOO_LONG
    rest = _letters(password)
    for word in sorted({*TRIED_FIRST, *_words_of(own_words)}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return PasswordProblem.TRIED_FIRST if len(set(rest)) < FEWEST_LETTERS else None


def _words_of(texts: Iterable[str]) -> set[str]:
    """Return the parts of names and addresses that are long enough to be words."""
    parts = {_letters(part) for text in texts for part in [text, *re.split(r"[\W_]+", text)]}
    return {part for part in parts if len(part) > 2}


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
