"""How money, dates and sizes are written for people, by locale."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal

ROME = ZoneInfo("Europe/Rome")
NO_BREAK = "\u00a0"
"""A space at which no line ends."""


@lru_cache(maxsize=4096)
def euro(cents: int, locale: str = "it") -> str:
    """Return «€ 1.234,50» for 123450 cents, which no line break parts. Source: product.md 6."""
    pattern = f"¤{NO_BREAK}#,##0.00" if locale == "it" else None
    return format_currency(Decimal(cents).scaleb(-2), "EUR", format=pattern, locale=locale)


@lru_cache(maxsize=8)
def countries(codes: frozenset[str], locale: str = "it") -> list[tuple[str, str]]:
    """Return the countries with their names, Italy first, then by name as people read them."""
    names = Locale.parse(locale).territories
    known = [(code, names.get(code, code)) for code in codes]
    return sorted(known, key=lambda each: (each[0] != "IT", _unaccented(each[1])))


def _unaccented(text: str) -> str:
    return "".join(letter for letter in normalize("NFKD", text).casefold() if not combining(letter))


@lru_cache(maxsize=4096)
def long_day(day: date, locale: str = "it") -> str:
    """Return «25 settembre 2026»."""
    return format_date(day, "long", locale=locale)


@lru_cache(maxsize=4096)
@lru_cache(maxsize=1024)
def month_name(day: date, locale: str = "it") -> str:
    """Return «gennaio 2027»."""
    return format_date(day, "MMMM yyyy", locale=locale)


def short_day(day: date, locale: str = "it") -> str:
    """Return «25/09/2026»."""
    return format_date(day, "dd/MM/yyyy", locale=locale)


@lru_cache(maxsize=512)
def month(day: date, locale: str = "it") -> str:
    """Return «settembre 2026»."""
    return format_date(day, "LLLL y", locale=locale)


@lru_cache(maxsize=4096)
def days_away(days: int, locale: str = "it") -> str:
    """Return «tra 12 giorni» for 12, «23 giorni fa» for -23; beyond ninety days in months, then in years."""
    in_days = 1_000  # a threshold that no bigger unit reaches
    return format_timedelta(
        timedelta(days=days),
        granularity="day",
        threshold=in_days if abs(days) <= 90 else 3,
        add_direction=True,
        locale=locale,
    )


def moment(at: datetime, locale: str = "it") -> str:
    """Return «25 settembre 2026, 14:05» in Europe/Rome."""
    return format_datetime(at.astimezone(ROME), "d MMMM yyyy, HH:mm", locale=locale)


@lru_cache(maxsize=4096)
def gigabytes(megabytes: int, locale: str = "it") -> str:
    """Return «0,42 GB» for 430 megabytes, of 1024 to the gigabyte."""
    amount = (Decimal(megabytes) / 1024).quantize(Decimal("0.01"))
    return f"{format_decimal(amount, format='0.00', locale=locale)} GB"


def per_cent(rate: Decimal, locale: str = "it") -> str:
    """Return «22» for 22.00 and «4,5» for 4.50."""
    return format_decimal(rate.normalize(), format="0.##", locale=locale)


def plain_amount(cents: int) -> str:
    """Return «1234,50» for 123450 cents: what a bank's form takes."""
    whole, part = divmod(cents, 100)
    return f"{whole},{part:02}"


def iban_groups(iban: str) -> str:
    """Return an IBAN in groups of four, as people read it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
