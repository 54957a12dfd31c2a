"""Telling the number of a card from other digits: nobody shall type one here, and we would keep it. S41."""

from __future__ import annotations

import re

_CARD = re.compile(r"(?:4|5[1-5]|2[2-7]|3[47]|6(?:011|5))[0-9]{11,18}")
"""How the numbers of cards begin; with what follows they have 13 to 19 digits."""
_LENGTHS = range(13, 20)


def is_card_number(digits: str) -> bool:
    """Say whether digits, with nothing in between, could be a card's: scheme, length, check digit."""
    if _CARD.fullmatch(digits) is None or len(digits) not in _LENGTHS:
        return False
    doubled = [sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0
