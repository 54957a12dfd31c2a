"""Amounts in Italian words, as postal slips ask for them: «dodici/20»."""

from __future__ import annotations

from portal.domain.money import Cents

_SMALL = (
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici"
    " sedici diciassette diciotto diciannove"
).split()
_TENS = "- - venti trenta quaranta cinquanta sessanta settanta ottanta novanta".split()
_BIG = (
    (1_000_000_000, "unmiliardo", "miliardi"),
    (1_000_000, "unmilione", "milioni"),
    (1_000, "mille", "mila"),
)


def amount_in_words(cents: Cents) -> str:
    """Return «milleduecentotrentaquattro/50» for 123450 cents; below a thousand billions of euros."""
    euros, rest = divmod(cents, 100)
    return f"{_whole(euros)}/{rest:02}"


def _whole(number: int) -> str:
    for size, one, many in _BIG:
        if number >= size:
            count, rest = divmod(number, size)
            return (one if count == 1 else _whole(count) + many) + (_whole(rest) if rest else "")
    return _hundreds(number)


def _hundreds(number: int) -> str:
    count, rest = divmod(number, 100)
    if not count:
        return _below_hundred(number)
    hundred = "cent" if 80 <= rest < 90 else "cento"
    return ("" if count == 1 else _SMALL[count]) + hundred + (_below_hundred(rest) if rest else "")


def _below_hundred(number: int) -> str:
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = _TENS[number // 10], number % 10
    if ones in (1, 8):
        tens = tens[:-1]
    return tens + (_SMALL[ones] if ones else "")
