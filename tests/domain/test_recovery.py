"""A code is the same however it is written."""

from __future__ import annotations

import pytest

from portal.domain.recovery import same_code


@pytest.mark.parametrize(
    ("typed", "stored", "same"),
    [
        ("RSSMRA85T10A562S", "RSSMRA85T10A562S", True),
        ("rssmra 85t10 a562s", "RSSMRA85T10A562S", True),
        ("IT12345678903", "12345678903", True),
        ("it 123.456.789-03", "12345678903", True),
        ("12345678903", "12345678904", False),
        ("", "", False),
        ("", "12345678903", False),
        ("IT", "", False),
    ],
)
def test_a_code_is_compared_bare(typed: str, stored: str, same: bool) -> None:
    assert same_code(typed, stored) is same
