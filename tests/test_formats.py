"""Formats: fast ways of writing money and dates that write what Babel would."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_currency

from portal import formats, languages

AMOUNTS = [0, 1, -1, 99, 100, -100, 99_999, 100_000, -123_456_789]
DAY = date(2026, 9, 5)
AT = datetime(2026, 9, 5, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(("language", "habits"), [("it", "it"), ("en", "en_GB"), ("de", "de")])
def test_money_is_written_as_babel_writes_it(language: str, habits: str) -> None:
    pattern = "¤\u00a0#,##0.00" if language == "it" else None
    amounts = AMOUNTS + [random.Random(seed).randrange(-(10**10), 10**10) for seed in range(2_000)]

    for cents in amounts:
        slowly = format_currency(Decimal(cents).scaleb(-2), "EUR", format=pattern, locale=habits)
        assert formats.euro(cents, language) == slowly


def test_italian_dates_have_two_digits_and_four() -> None:
    for days in range(800):
        day = DAY + timedelta(days=days)
        assert formats.short_day(day) == format_date(day, "dd/MM/yyyy", locale="it")


@pytest.mark.parametrize(
    ("language", "written"),
    [
        (
            "it",
            [
                "€\u00a01.234,50",
                "5 settembre 2026",
                "05/09/2026",
                "5 settembre 2026, 14:05",
                "tra 12 giorni",
                "0,42 GB",
                "4,5",
                "84%",
            ],
        ),
        (
            "en",
            [
                "€1,234.50",
                "5 September 2026",
                "05/09/2026",
                "5 September 2026, 14:05",
                "in 12 days",
                "0.42 GB",
                "4.5",
                "84%",
            ],
        ),
        (
            "de",
            [
                "1.234,50\u00a0€",
                "5.\u00a0September 2026",
                "05.09.2026",
                "5.\u00a0September 2026, 14:05",
                "in 12 Tagen",
                "0,42 GB",
                "4,5",
                "84\u00a0%",
            ],
        ),
    ],
)
def test_each_language_has_its_way(language: str, written: list[str]) -> None:
    found = [
        formats.euro(123_450, language),
        formats.long_day(DAY, language),
        formats.short_day(DAY, language),
        formats.moment(AT, language),
        formats.days_away(12, language),
        formats.gigabytes(430, language),
        formats.per_cent(Decimal("4.50"), language),
        formats.share(84, language),
    ]

    assert found == written


def test_formats_follow_the_language_of_the_moment() -> None:
    with languages.speaking("en"):
        assert formats.euro(500) == "€5.00"
        assert formats.long_day(DAY) == "5 September 2026"
        assert formats.typed_amount(123_450) == "1234.50"

    assert formats.euro(500) == "€\u00a05,00"
