"""Tax codes and VAT numbers: what is taken, what is refused, why. Source: domain.md 11.3."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.customers import CustomerKind, FieldCode, tax_code, vat_number
from portal.domain.errors import FieldProblem

INDIVIDUAL, FREELANCER, SOLE_TRADER, COMPANY, NONPROFIT, PUBLIC_BODY = CustomerKind
PERSONS = [INDIVIDUAL, FREELANCER, SOLE_TRADER]
BODIES = [COMPANY, NONPROFIT, PUBLIC_BODY]


def refusal_of(rule: Callable[[str], str], text: str) -> FieldCode:
    with pytest.raises(FieldProblem) as refusal:
        rule(text)
    return FieldCode(refusal.value.code)


@pytest.mark.parametrize("kind", PERSONS)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("RSSMRA85M01H501Q", "RSSMRA85M01H501Q"),
        ("RSSMRA80A01H501U", "RSSMRA80A01H501U"),
        ("RSSMRA80A01H50MM", "RSSMRA80A01H50MM"),  # the same born again: digits became letters
        (" rss mra 85m01 h501q ", "RSSMRA85M01H501Q"),
    ],
)
def test_a_persons_tax_code_is_taken(kind: CustomerKind, text: str, code: str) -> None:
    assert tax_code(text, kind) == code


@pytest.mark.parametrize("kind", PERSONS)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("RSSMRA85M01H501R", FieldCode.CHECK_CHARACTER),
        ("RSSMRA85M01H501", FieldCode.FORMAT),
        ("RSSMRA85M01H501QQ", FieldCode.FORMAT),
        ("RSSMRA85M01-501Q", FieldCode.FORMAT),
        ("1SSMRA85M01H501Q", FieldCode.FORMAT),
        ("RSSMRA85B31H501B", FieldCode.FORMAT),  # 31 February
        ("04552920482", FieldCode.PROVISIONAL),
        ("0455-2920482", FieldCode.FORMAT),  # the library would leave out the hyphen
        ("0455-2920-4-8-2:", FieldCode.FORMAT),
        ("RSSMRA85M01H501\u0420", FieldCode.FORMAT),  # a Cyrillic letter
        ("   ", FieldCode.REQUIRED),
    ],
)
def test_a_persons_tax_code_is_refused(kind: CustomerKind, text: str, code: FieldCode) -> None:
    assert refusal_of(partial(tax_code, kind=kind), text) is code


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("04552920482", None),
        ("01573850516", None),
        ("12345678903", None),
        ("04552920483", FieldCode.CHECK_CHARACTER),
        ("0455292048", FieldCode.FORMAT),
        ("00000000000", FieldCode.FORMAT),
        ("RSSMRA85M01H501Q", FieldCode.FORMAT),
    ],
)
def test_the_tax_code_of_a_body_is_a_number(kind: CustomerKind, text: str, code: FieldCode | None) -> None:
    if code:
        assert refusal_of(partial(tax_code, kind=kind), text) is code
    else:
        assert tax_code(text, kind) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [("12345678903", "12345678903"), ("IT12345678903", "12345678903"), ("it 015 738 505 16", "01573850516")],
)
def test_a_vat_number_is_taken(text: str, number: str) -> None:
    assert vat_number(text) == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("01234567890", FieldCode.CHECK_CHARACTER),
        ("1234567890", FieldCode.FORMAT),
        ("123456789033", FieldCode.FORMAT),
        ("DE12345678903", FieldCode.FORMAT),
        ("١٢٣٤٥٦٧٨٩٠٣", FieldCode.FORMAT),
    ],
)
def test_a_vat_number_is_refused(text: str, code: FieldCode) -> None:
    assert refusal_of(vat_number, text) is code


@given(st.integers(1, 10**10 - 1))
def test_one_check_digit_in_ten_is_right(first_ten: int) -> None:
    """The digit by the decree: odd places as they are, even places doubled, nines cast out."""
    digits = [int(digit) for digit in f"{first_ten:010}"]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    right = -(sum(digits[0::2]) + sum(doubled)) % 10

    for last in range(10):
        text = f"{first_ten:010}{last}"
        if last == right:
            assert vat_number(text) == text
        else:
            assert refusal_of(vat_number, text) is FieldCode.CHECK_CHARACTER
