"""Where holders live and answer the telephone: what is taken, what not. Source: domain.md 11.2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest

from portal.domain.countries import COUNTRIES
from portal.domain.customers import FieldCode, country, phone, postal_code, province
from portal.domain.errors import FieldProblem
from portal.domain.provinces import PROVINCES, is_province_on

TODAY = date(2026, 11, 24)


def refusal_of(rule: Callable[[str], str], text: str) -> FieldCode:
    with pytest.raises(FieldProblem) as refusal:
        rule(text)
    return FieldCode(refusal.value.code)


@pytest.mark.parametrize(
    ("text", "country_code", "code"),
    [
        ("52100", "IT", "52100"),
        ("00184", "IT", "00184"),
        (" 52100\r\n", "IT", "52100"),
        ("1234567890", "DE", "1234567890"),
        ("SW1A 2AA", "GB", "SW1A 2AA"),
        ("sw1a 2aa", "GB", "SW1A 2AA"),
        ("1234-567", "PT", "1234-567"),
    ],
)
def test_a_postal_code_is_taken(text: str, country_code: str, code: str) -> None:
    assert postal_code(text, country_code) == code


@pytest.mark.parametrize(
    ("text", "country_code", "code"),
    [
        ("5210", "IT", FieldCode.FORMAT),
        ("521000", "IT", FieldCode.FORMAT),
        ("5210O", "IT", FieldCode.FORMAT),
        ("52 100", "IT", FieldCode.FORMAT),
        ("-5210", "IT", FieldCode.FORMAT),
        ("\uff15\uff12\uff11\uff10\uff10", "IT", FieldCode.FORMAT),
        ("5210\u200b0", "IT", FieldCode.CHARACTERS),
        ("1/2", "DE", FieldCode.FORMAT),
        ("", "IT", FieldCode.REQUIRED),
        ("٥٢١٠٠", "IT", FieldCode.FORMAT),
        ("12345678901", "DE", FieldCode.TOO_LONG),
        ("?", "DE", FieldCode.FORMAT),
    ],
)
def test_a_postal_code_is_refused(text: str, country_code: str, code: FieldCode) -> None:
    assert refusal_of(partial(postal_code, country_code=country_code), text) is code


def test_the_countries_are_those_of_the_standard() -> None:
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in COUNTRIES)


@pytest.mark.parametrize(("text", "code"), [("IT", "IT"), (" it ", "IT"), ("sm", "SM")])
def test_a_country_is_taken(text: str, code: str) -> None:
    assert country(text) == code


@pytest.mark.parametrize("text", ["Italia", "XX", "ITA", "UK", "I", "1T", "\u0406T"])
def test_a_country_that_does_not_exist_is_refused(text: str) -> None:
    assert refusal_of(country, text) is FieldCode.UNKNOWN


@pytest.mark.parametrize(
    ("letters", "day", "exists"),
    [
        ("TO", TODAY, True),
        ("AO", TODAY, True),
        ("BT", TODAY, True),
        ("XX", TODAY, False),
        ("to", TODAY, False),
        ("OT", date(2005, 5, 8), False),
        ("OT", date(2005, 5, 9), True),
        ("OT", date(2016, 2, 3), True),
        ("OT", date(2016, 2, 4), False),
        ("OT", date(2025, 3, 31), False),
        ("OT", date(2025, 4, 1), True),
        ("CI", TODAY, True),
        ("OG", TODAY, True),
        ("VS", TODAY, True),
        ("SU", date(2016, 2, 3), False),
        ("SU", date(2016, 2, 4), True),
        ("SU", TODAY, True),
    ],
)
def test_provinces_come_and_go(letters: str, day: date, exists: bool) -> None:
    assert is_province_on(letters, day) is exists


@pytest.mark.parametrize(("day", "count"), [(date(2010, 1, 1), 110), (date(2020, 1, 1), 107), (TODAY, 111)])
def test_how_many_provinces_there_are(day: date, count: int) -> None:
    """Today the four that came back, and the abolished one that registers still write."""
    assert sum(is_province_on(letters, day) for letters in PROVINCES) == count


def test_a_province_is_needed_in_italy_alone() -> None:
    assert province(" ar ", "IT", TODAY) == "AR"
    assert province("anything", "FR", TODAY) == ""
    assert refusal_of(partial(province, country_code="IT", today=TODAY), "Arezzo") is FieldCode.UNKNOWN
    assert refusal_of(partial(province, country_code="IT", today=date(2020, 1, 1)), "OT") is FieldCode.UNKNOWN


@pytest.mark.parametrize(
    ("text", "country_code", "number"),
    [
        ("0575 123456", "IT", "+390575123456"),
        ("055/1234567", "IT", "+390551234567"),
        ("(055) 123-45.67", "IT", "+390551234567"),
        ("393 1234567", "IT", "+393931234567"),
        ("+39 055 1234567", "IT", "+390551234567"),
        ("0039 055 1234567", "IT", "+390551234567"),
        ("+44 20 7946 0000", "GB", "+442079460000"),
        ("123456", "IT", "+39123456"),
        ("+123456789012345", "IT", "+123456789012345"),
    ],
)
def test_a_telephone_number_is_taken(text: str, country_code: str, number: str) -> None:
    assert phone(text, country_code) == number


@pytest.mark.parametrize(
    ("text", "country_code", "code"),
    [
        ("12345", "IT", FieldCode.FORMAT),
        ("1234567890123456", "IT", FieldCode.FORMAT),
        ("12345678901234", "IT", FieldCode.TOO_LONG),
        ("055 1234567 int. 3", "IT", FieldCode.FORMAT),
        ("++39055123456", "IT", FieldCode.FORMAT),
        ("020 7946 0000", "GB", FieldCode.FORMAT),  # of which country?
        ("٠٥٥١٢٣٤٥٦", "IT", FieldCode.FORMAT),
        ("055+1234567", "IT", FieldCode.FORMAT),
        ("055\u202e1234567", "IT", FieldCode.CHARACTERS),
        ("0" * 41, "IT", FieldCode.TOO_LONG),
    ],
)
def test_a_telephone_number_is_refused(text: str, country_code: str, code: FieldCode) -> None:
    assert refusal_of(partial(phone, country_code=country_code), text) is code
