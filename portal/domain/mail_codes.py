"""The code on each mail of ours, by which anybody can ask whether it is genuine.

Source: lessons.md 2 (L9).
"""

from __future__ import annotations

import re

from portal.domain.order_numbers import ALPHABET

LENGTH = 12
"""Sixty bits: nobody finds a code by trying."""
RANDOM_BYTES = LENGTH
GROUP = 4
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015_/]+")


def new_mail_code(random_bytes: bytes) -> str:
    """Return a code made of `RANDOM_BYTES` random bytes; raises ValueError if there are fewer or more."""
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"a mail's code takes {RANDOM_BYTES} random bytes, not {len(random_bytes)}")
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in random_bytes)


def normalise_mail_code(text: str) -> str | None:
    """Return the code as it is stored, whatever its case and separators; None for what can be no code."""
    code = _SEPARATORS.sub("", text).upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """Return the code in groups of four, as people read it."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def masked_recipient(address: str) -> str:
    """Return an address by which only its owner knows it: «m…i@p…e.example»."""
    local, _, domain = address.rpartition("@")
    name, dot, rest = domain.partition(".")
    return f"{_masked(local)}@{_masked(name)}{dot}{rest}"


def _masked(word: str) -> str:
    return f"{word[0]}…{word[-1]}" if len(word) > 2 else f"{word[:1]}…"
