"""Codes on mails: read as people write them, and recipients that only they themselves recognise."""

from __future__ import annotations

import pytest

from portal.domain.mail_codes import LENGTH, grouped, masked_recipient, new_mail_code, normalise_mail_code


def test_random_bytes_make_a_code_that_reads_back() -> None:
    code = new_mail_code(bytes(range(LENGTH)))

    assert normalise_mail_code(grouped(code).lower()) == code
    assert grouped(code) == "ABCD-EFGH-JKLM"


@pytest.mark.parametrize("text", ["", "ABCD", "ABCD-EFGH-JKL0", "ABCD-EFGH-JKLMN", "àBCDEFGHJKLM"])
def test_what_can_be_no_code_is_none(text: str) -> None:
    assert normalise_mail_code(text) is None


@pytest.mark.parametrize("count", [0, 11, 13])
def test_a_code_takes_its_number_of_bytes(count: int) -> None:
    with pytest.raises(ValueError, match="12"):
        new_mail_code(bytes(count))


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("mario.rossi@posta.example", "m…i@p…a.example"),
        ("io@a.example", "i…@a….example"),
        ("x@sub.posta.example", "x…@s…b.posta.example"),
    ],
)
def test_a_recipient_is_masked(address: str, masked: str) -> None:
    assert masked_recipient(address) == masked
