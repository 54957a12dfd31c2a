"""Where money goes and how long it travels: wrong settings do not start the portal."""

from __future__ import annotations

import pytest

from portal.domain.mandates import MandateLimits
from portal.settings import Settings, SettingsError, read_settings

NEEDED = {
    "PORTAL_SECRET_KEY": "a secret key for the tests and for nothing else",
    "PORTAL_BANK_IBAN": "IT60X0542811101000000123456",
}


def settings(**given: str) -> Settings:
    return read_settings({**NEEDED, **given})


def test_the_postal_account_has_twelve_digits() -> None:
    assert settings(PORTAL_POSTAL_ACCOUNT="1234 5678").bank.postal_account == "000012345678"


def test_the_operator_says_how_much_a_mandate_allows() -> None:
    read = settings(PORTAL_MANDATE_MARGIN_PERCENT="20", PORTAL_MANDATE_STEP_EURO="5")

    assert read.gateways.mandates == MandateLimits(margin_percent=20, step_cents=500, added_cents=20_000)


@pytest.mark.parametrize("span", ["1-3", "0-1", "2-2", "05-07"])
def test_the_operator_says_how_long_a_transfer_takes(span: str) -> None:
    least, most = map(int, span.split("-"))

    read = settings(PORTAL_REGISTRATION_DAYS=f"bank_transfer={span} postal_slip=5-9")

    assert read.registration_days == {"bank_transfer": (least, most), "postal_slip": (5, 9)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_BANK_IBAN", "IT61X0542811101000000123456"),
        ("PORTAL_BANK_IBAN", ""),
        ("PORTAL_BANK_BENEFICIARY", ""),
        ("PORTAL_BANK_BENEFICIARY", "A" * 71),
        ("PORTAL_BANK_BENEFICIARY", "Società S.p.A."),
        ("PORTAL_BANK_BENEFICIARY", "Due\nrighe"),
        ("PORTAL_POSTAL_ACCOUNT", "1234567890123"),
        ("PORTAL_POSTAL_ACCOUNT", "12345A"),
        ("PORTAL_POSTAL_ACCOUNT", "0000"),
        ("PORTAL_POSTAL_ACCOUNT", ""),
        ("PORTAL_MANDATE_MARGIN_PERCENT", "201"),
        ("PORTAL_MANDATE_STEP_EURO", "0"),
        ("PORTAL_MANDATE_ADDED_EURO", "-1"),
        ("PORTAL_REGISTRATION_DAYS", "bank_transfer"),
        ("PORTAL_REGISTRATION_DAYS", "card=1-2"),
        ("PORTAL_REGISTRATION_DAYS", "bank_transfer=3-1"),
        ("PORTAL_REGISTRATION_DAYS", "bank_transfer=0-0"),
        ("PORTAL_REGISTRATION_DAYS", "bank_transfer=1-3,postal_slip=1-3"),
    ],
)
def test_what_cannot_be_right_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings(**{name: value})
