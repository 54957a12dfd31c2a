"""Whole cents: rounding and reading."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import AmountUnreadable
from portal.domain.money import half_up, parse_amount, vat_cents

LARGEST = 99_999_999_99


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(0, 2, 0), (1, 2, 1), (3, 2, 2), (5, 2, 3), (1, 3, 0), (2, 3, 1), (49, 100, 0), (50, 100, 1), (7, 1, 7)],
)
def test_a_half_goes_up(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, 0), (1, -2)])
def test_what_cannot_be_rounded_is_refused(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="cannot round"):
        half_up(numerator, denominator)


@pytest.mark.parametrize(
    ("net", "rate", "vat"),
    [
        (400, "21", 84),
        (400, "22", 88),
        (500, "22", 110),
        (1500, "22", 330),
        (500, "21", 105),
        (1600, "22", 352),
        (125, "22", 28),  # 0.275
        (25, "22", 6),  # 0.055, where rounding half to even and binary floats say 5
        (75, "22", 17),  # 0.165
        (1, "22", 0),
        (2, "22", 0),
        (3, "22", 1),
        (0, "22", 0),
        (1000, "4.5", 45),
    ],
)
def test_vat_is_rounded_half_up(net: int, rate: str, vat: int) -> None:
    assert vat_cents(net, Decimal(rate)) == vat


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_vat_agrees_with_decimal_arithmetic(net: int, rate_hundredths: int) -> None:
    rate = Decimal(rate_hundredths).scaleb(-2)

    exact = Decimal(net) * rate / 100

    assert vat_cents(net, rate) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1.234,50", 123450),
        ("1234.50", 123450),
        ("1234,50", 123450),
        ("1234", 123400),
        ("12,5", 1250),
        ("12.5", 1250),
        ("0,05", 5),
        ("0", 0),
        ("€ 12,20", 1220),
        (" 12.20 ", 1220),
        ("12.345.678,90", 1234567890),
        ("99.999.999,99", LARGEST),
        ("99999999.99", LARGEST),
    ],
)
def test_italian_and_machine_amounts_are_read(text: str, cents: int) -> None:
    assert parse_amount(text) == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "€",
        "1.234",  # a thousand or one and a bit
        "1,234",
        "1,234.50",
        "12,345",
        "12.34.56",
        "1.23,45",
        "-5,00",
        "+5,00",
        "5e3",
        "1_000",
        "٣,٥٠",  # other digits
        "NaN",
        "5,00 EUR 6,00",
        "12,20\n13,20",
        "100000000",
        "123.456.789,00",
        ",50",
        "5,",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(AmountUnreadable) as refusal:
        parse_amount(text)

    assert refusal.value.text == text


@given(st.integers(0, LARGEST), st.booleans())
def test_every_amount_can_be_read_back(cents: int, grouped: bool) -> None:
    written = f"{Decimal(cents).scaleb(-2):{',' if grouped else ''}.2f}"

    assert parse_amount(written.translate(str.maketrans(",.", ".,"))) == cents
