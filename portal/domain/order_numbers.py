"""Order numbers: ten letters and digits, the whole payment reference, that notice a slip of the pen.

A number is a word over the field of 32 elements. Character i (from the right, the check character being 0)
weighs a**i, and the weighted sum is zero. The weights are all different and none is zero, so a wrong
character changes the sum, and so does the swap of any two that differ. Source: domain.md 5 (7).
"""

from __future__ import annotations

import re

from portal.domain.errors import OrderNumberInvalid

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without O and 0, I and 1, which people confuse."""
LENGTH = 10
RANDOM_BYTES = LENGTH - 1
"""How many random bytes make a number."""

_POLYNOMIAL = 0b100101
"""x**5 + x**2 + 1: primitive, so its root `a` runs through all 31 elements but zero."""
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015_/]+")
_WORD = re.compile(r"[0-9A-Za-z]+")


def new_order_number(random_bytes: bytes) -> str:
    """Return a number made of `RANDOM_BYTES` random bytes; raises ValueError if there are fewer or more."""
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"an order number takes {RANDOM_BYTES} random bytes, not {len(random_bytes)}")
    values = [byte % len(ALPHABET) for byte in random_bytes]
    return "".join(ALPHABET[value] for value in [*values, _weighted_sum([*values, 0])])


def normalise_order_number(text: str) -> str:
    """Return the number as it is stored; case, spaces, hyphens, dots and slashes do not matter.

    Raises OrderNumberInvalid for anything that no order can bear.
    """
    number = _SEPARATORS.sub("", text)
    if not number.isascii():
        raise OrderNumberInvalid(text)
    number = number.upper()
    if not _is_order_number(number):
        raise OrderNumberInvalid(text)
    return number


def find_order_numbers(text: str) -> list[str]:
    """Return every order number that could be hidden in a text, whatever is glued to it or parts it, once.

    Nearly all the ten-letter windows of a text that are no number of ours fail the check; of those that pass
    it by chance none exists, so the caller looks them up.
    """
    letters = "".join(word.upper() for word in _WORD.findall(text))
    windows = (letters[start : start + LENGTH] for start in range(len(letters) - LENGTH + 1))
    return list(dict.fromkeys(filter(_is_order_number, windows)))


def _is_order_number(text: str) -> bool:
    if len(text) != LENGTH or not _VALUES.keys() >= set(text):
        return False
    return _weighted_sum([_VALUES[letter] for letter in text]) == 0


def _weighted_sum(values: list[int]) -> int:
    """Return the sum of value i times a**i, by Horner's rule."""
    total = 0
    for value in values:
        total = _times_a(total) ^ value
    return total


def _times_a(element: int) -> int:
    doubled = element << 1
    return doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled
