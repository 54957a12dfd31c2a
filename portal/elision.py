"""Italian before a number: «fino al» becomes «fino all'11 gennaio», «nei» becomes «negli 8 giorni».

A text is changed, never a value: what somebody wrote stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

WORDS = {
    "il": "l'",
    "al": "all'",
    "dal": "dall'",
    "del": "dell'",
    "nel": "nell'",
    "sul": "sull'",
    "i": "gli ",
    "ai": "agli ",
    "dai": "dagli ",
    "dei": "degli ",
    "nei": "negli ",
    "sui": "sugli ",
}
"""What each becomes before a vowel."""
_JOINT = re.compile(rf"\b({'|'.join(WORDS)}) (%\((\w+)\)s)", re.IGNORECASE)
_BEGINS_WITH_VOWEL = re.compile(r"(?:\s|<[^>]*>)*(?:(?:0?8|8\d+|11)(?:[^\dA-Za-z]|$)|1(?:[^\dA-Za-z.º]|$))")
"""Otto, ottanta, ottocento, undici, uno; not «1º», which is «primo», not «1.000», not an order's number."""


def elided(text: str, values: Mapping[str, object]) -> str:
    """Return an Italian text as it is said with these values, which still stand as placeholders."""
    return _JOINT.sub(lambda joint: _joined(joint, values), text) if _has_joint(text) else text


def led(word: str, value: str) -> str:
    """Return «il 9 aprile», «l'8 aprile»: for the operator's commands, which speak Italian alone."""
    return elided(f"{word} %(value)s", {"value": value}) % {"value": value}


def is_vowel(value: object) -> bool:
    """Say whether a value begins with a number that is spoken with a vowel."""
    return _BEGINS_WITH_VOWEL.match(str(value)) is not None


@cache
def _has_joint(text: str) -> bool:
    return _JOINT.search(text) is not None


def _joined(joint: re.Match[str], values: Mapping[str, object]) -> str:
    word, place, name = joint.groups()
    if not is_vowel(values.get(name, "")):
        return joint[0]
    before = WORDS[word.lower()]
    return f"{before.capitalize() if word[0].isupper() else before}{place}"
