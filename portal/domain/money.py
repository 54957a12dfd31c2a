"""Whole cents: the one rounding, and the reading of amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from portal.domain.errors import AmountUnreadable

Cents: TypeAlias = int

_DIGITS_ONLY = r"(?P<whole>[0-9]{1,8})"
_GROUPED = r"(?P<whole>[0-9]{1,3}\.[0-9]{3}|[0-9]{1,2}\.[0-9]{3}\.[0-9]{3})"
_AMOUNTS = (
    re.compile(rf"{_DIGITS_ONLY}(?:[.,](?P<part>[0-9]{{1,2}}))?"),
    re.compile(rf"{_GROUPED},(?P<part>[0-9]{{1,2}})"),
)


@dataclass(frozen=True, slots=True)
class Amounts:
    """The sums that an order carries, and the rate they follow from; `vat_rate` is per cent."""

    net_cents: Cents
    vat_rate: Decimal
    vat_cents: Cents
    gross_cents: Cents
    split_payment: bool
    due_cents: Cents
    """The gross, or the net under split payment."""


def half_up(numerator: int, denominator: int) -> Cents:
    """Return the whole nearest to the exact ratio; a half goes up.

    Both in the same unit, the numerator not negative: what is given back is rounded as it was charged,
    then negated. Raises ValueError. Source: domain.md 8.2.
    """
    if numerator < 0 or denominator <= 0:
        raise ValueError(f"cannot round {numerator}:{denominator}")
    return (2 * numerator + denominator) // (2 * denominator)


def vat_cents(net_cents: Cents, rate: Decimal) -> Cents:
    """Return the VAT on a net amount, both in cents; `rate` is per cent, e.g. Decimal("22").

    Rounded half up, so it is called once per rate on the sum, never line by line: 1.25 at 22 % is 0.275,
    so 0.28. Raises ValueError for a negative net. Source: domain.md 8.2.
    """
    numerator, denominator = rate.as_integer_ratio()
    return half_up(net_cents * numerator, 100 * denominator)


def amounts(net_cents: Cents, vat_rate: Decimal, *, split_payment: bool = False) -> Amounts:
    """Return all sums that follow from a net sum. Raises ValueError below zero. Source: domain.md 8.2."""
    vat = vat_cents(net_cents, vat_rate)
    gross = net_cents + vat
    return Amounts(net_cents, vat_rate, vat, gross, split_payment, net_cents if split_payment else gross)


def parse_amount(text: str) -> Cents:
    """Return the cents of «1.234,50», «1234,50», «1234.50» or «1234», below a hundred million euros.

    «1.234» is refused: to an Italian it is a thousand, to a machine's export it is one and a bit.
    Raises AmountUnreadable.
    """
    stripped = text.strip().removeprefix("€").strip()
    for shape in _AMOUNTS:
        if match := shape.fullmatch(stripped):
            whole = match["whole"].replace(".", "")
            return int(whole) * 100 + int((match["part"] or "").ljust(2, "0"))
    raise AmountUnreadable(text)
