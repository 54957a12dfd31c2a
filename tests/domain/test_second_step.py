"""Time steps, and codes as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.domain.second_step import Ways, bare_code, grouped_code, is_totp, step_of, steps_accepted


def test_steps_are_counted_as_the_standard_counts() -> None:
    assert step_of(datetime(1970, 1, 1, 0, 0, 59, tzinfo=UTC)) == 1
    assert step_of(datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC)) == 41_152_263  # RFC 6238, appendix B


def test_a_phone_may_be_off_by_one_step() -> None:
    assert list(steps_accepted(datetime(1970, 1, 1, 0, 10, tzinfo=UTC))) == [19, 20, 21]


@pytest.mark.parametrize(
    ("typed", "bare"),
    [("123 456", "123456"), (" 123-456 ", "123456"), ("ABCDEF-ghijkl", "abcdefghijkl"), ("", "")],
)
def test_a_code_is_read_bare(typed: str, bare: str) -> None:
    assert bare_code(typed) == bare


@pytest.mark.parametrize(
    ("code", "known"),
    [("123456", True), ("12345", False), ("1234567", False), ("١٢٣٤٥٦", False), ("abc123", False)],
)
def test_six_digits_are_an_authenticators(code: str, known: bool) -> None:
    assert is_totp(code) is known


def test_a_recovery_code_is_shown_in_groups() -> None:
    assert grouped_code("abcdefghijkl") == "abcdef-ghijkl"


@pytest.mark.parametrize(
    ("ways", "on"), [(Ways(), False), (Ways(codes_left=3), False), (Ways(True), True), (Ways(False, 1), True)]
)
def test_codes_alone_are_no_second_step(ways: Ways, on: bool) -> None:
    assert ways.is_on is on
