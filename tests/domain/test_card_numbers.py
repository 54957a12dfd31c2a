"""What could be a card's number, and what could not."""

from __future__ import annotations

import pytest

from portal.domain.card_numbers import is_card_number


@pytest.mark.parametrize(
    ("digits", "is_one"),
    [
        ("4242424242424242", True),
        ("5555555555554444", True),
        ("2223003122003222", True),
        ("378282246310005", True),
        ("6011111111111117", True),
        ("4222222222222", True),
        ("4242424242424241", False),
        ("0306912345678901", False),
        ("12345678903", False),
        ("422222222222", False),
        ("42424242424242424242", False),
        ("VCYL0042", False),
        ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", False),
        ("", False),
    ],
)
def test_a_card_number_has_its_scheme_its_length_and_its_check_digit(digits: str, *, is_one: bool) -> None:
    assert is_card_number(digits) is is_one
