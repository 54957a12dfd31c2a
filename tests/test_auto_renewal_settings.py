"""The days of auto-renewal are the operator's; days that contradict each other do not start the portal."""

from __future__ import annotations

import pytest

from portal.domain.renewal_calendar import RenewalCalendar, RenewalTerms
from portal.settings import SettingsError
from tests.test_money_settings import settings


def test_unset_they_are_the_usual_ones() -> None:
    assert settings().auto_renewal == RenewalTerms(RenewalCalendar(30, 15, (7, 5, 3, 1), 3), 10_000_00)


def test_the_operator_sets_them() -> None:
    read = settings(
        PORTAL_AUTO_RENEWAL_ANNOUNCE_DAYS="45",
        PORTAL_AUTO_RENEWAL_ORDER_DAYS="20",
        PORTAL_AUTO_RENEWAL_CHARGE_DAYS="14 7",
        PORTAL_AUTO_RENEWAL_NOTICE_DAYS="5",
        PORTAL_AUTO_RENEWAL_GREATEST_MAXIMUM="500",
    )

    assert read.auto_renewal == RenewalTerms(RenewalCalendar(45, 20, (14, 7), 5), 500_00)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANNOUNCE_DAYS", "10"),
        ("ANNOUNCE_DAYS", "90"),
        ("ANNOUNCE_DAYS", "trenta"),
        ("ORDER_DAYS", "5"),
        ("ORDER_DAYS", "31"),
        ("CHARGE_DAYS", "7 9"),
        ("CHARGE_DAYS", "7 0"),
        ("CHARGE_DAYS", "7,5"),
        ("CHARGE_DAYS", "14 12 9 7 5"),
        ("NOTICE_DAYS", "0"),
        ("NOTICE_DAYS", "25"),
        ("GREATEST_MAXIMUM", "9"),
        ("GREATEST_MAXIMUM", "10001"),
    ],
)
def test_what_cannot_be_does_not_start_the_portal(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="PORTAL_AUTO_RENEWAL_"):
        settings(**{f"PORTAL_AUTO_RENEWAL_{name}": value})
