"""How money, dates and sizes are written for people: in the language of the moment, or in the one given."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_decimal_symbol,
    get_group_symbol,
)

from portal import languages

ROME = ZoneInfo("Europe/Rome")
NO_BREAK = "\u00a0"
"""A space at which no line ends."""
HABITS = {"en": "en_GB"}
"""Whose habits a language follows where it alone does not say: Europe's English, with the day first."""


def euro(cents: int, locale: str | None = None) -> str:
    """Return «€ 1.234,50» for 123450 cents, which no line break parts. Source: product.md 6."""
    return _euro(cents, locale or languages.current().code)


@lru_cache(maxsize=4096)
def _euro(cents: int, locale: str) -> str:
    positive, negative, group, point = _money_habits(locale)
    whole, part = divmod(abs(cents), 100)
    number = f"{whole:,}".replace(",", group)
    return (negative if cents < 0 else positive).replace("1", f"{number}{point}{part:02}")


@cache
def _money_habits(locale: str) -> tuple[str, str, str, str]:
    """Return how 1 and -1 euro are written, and what parts thousands and cents: Babel says it slowly."""
    known = _locale(locale)
    pattern = f"¤{NO_BREAK}#,##0.00" if locale == languages.SOURCE else None
    point = get_decimal_symbol(known)
    positive, negative = (
        format_currency(Decimal(sign), "EUR", format=pattern, locale=known).replace(f"{point}00", "")
        for sign in (1, -1)
    )
    return positive, negative, get_group_symbol(known), point


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(HABITS.get(code, code))


def countries(codes: frozenset[str], locale: str | None = None) -> list[tuple[str, str]]:
    """Return the countries with their names, Italy first, then by name as people read them."""
    return _countries(codes, locale or languages.current().code)


@lru_cache(maxsize=8)
def _countries(codes: frozenset[str], locale: str) -> list[tuple[str, str]]:
    names = _locale(locale).territories
    known = [(code, names.get(code, code)) for code in codes]
    return sorted(known, key=lambda each: (each[0] != "IT", _unaccented(each[1])))


def _unaccented(text: str) -> str:
    return "".join(letter for letter in normalize("NFKD", text).casefold() if not combining(letter))


def long_day(day: date, locale: str | None = None) -> str:
    """Return «25 settembre 2026», «1º dicembre 2026»; no line ends behind the point of «25. September»."""
    return _long_day(day, locale or languages.current().code)


@lru_cache(maxsize=4096)
def _long_day(day: date, locale: str) -> str:
    written = format_date(day, "long", locale=_locale(locale)).replace(". ", f".{NO_BREAK}")
    return f"1º{written[1:]}" if day.day == 1 and locale == languages.SOURCE else written


def short_day(day: date, locale: str | None = None) -> str:
    """Return «25/09/2026»."""
    return _short_day(day, locale or languages.current().code)


@lru_cache(maxsize=4096)
def _short_day(day: date, locale: str) -> str:
    return format_date(day, _numeric_pattern(locale), locale=_locale(locale))


@cache
def _numeric_pattern(locale: str) -> str:
    """Return the order and the signs of the language's short dates, each part in full: «dd/MM/yyyy»."""
    short = _locale(locale).date_formats["short"].pattern
    return re.sub("y+", "yyyy", re.sub("M+", "MM", re.sub("d+", "dd", short)))


def month(day: date, locale: str | None = None) -> str:
    """Return «settembre 2026»."""
    return _month(day, locale or languages.current().code)


month_name = month


@lru_cache(maxsize=1024)
def _month(day: date, locale: str) -> str:
    return format_date(day, "LLLL y", locale=_locale(locale))


def days_away(days: int, locale: str | None = None) -> str:
    """Return «tra 12 giorni» for 12, «23 giorni fa» for -23; beyond ninety days in months, then in years."""
    return _days_away(days, locale or languages.current().code)


@lru_cache(maxsize=4096)
def _days_away(days: int, locale: str) -> str:
    in_days = 1_000  # a threshold that no bigger unit reaches
    return format_timedelta(
        timedelta(days=days),
        granularity="day",
        threshold=in_days if abs(days) <= 90 else 3,
        add_direction=True,
        locale=_locale(locale),
    )


def moment(at: datetime, locale: str | None = None) -> str:
    """Return «25 settembre 2026, 14:05» in Europe/Rome."""
    there = at.astimezone(ROME)
    return f"{long_day(there.date(), locale)}, {there:%H:%M}"


def gigabytes(megabytes: int, locale: str | None = None) -> str:
    """Return «0,42 GB» for 430 megabytes, of 1024 to the gigabyte."""
    return _gigabytes(megabytes, locale or languages.current().code)


@lru_cache(maxsize=4096)
def _gigabytes(megabytes: int, locale: str) -> str:
    amount = (Decimal(megabytes) / 1024).quantize(Decimal("0.01"))
    return f"{format_decimal(amount, format='0.00', locale=_locale(locale))} GB"


def per_cent(rate: Decimal, locale: str | None = None) -> str:
    """Return «22» for 22.00 and «4,5» for 4.50."""
    return _per_cent(rate, locale or languages.current().code)


@lru_cache(maxsize=256)
def _per_cent(rate: Decimal, locale: str) -> str:
    return format_decimal(rate.normalize(), format="0.##", locale=_locale(locale))


def share(percent: int, locale: str | None = None) -> str:
    """Return «84%», in German «84 %»."""
    return _share(percent, locale or languages.current().code)


@lru_cache(maxsize=512)
def _share(percent: int, locale: str) -> str:
    return format_percent(Decimal(percent) / 100, locale=_locale(locale))


def typed_amount(cents: int, locale: str | None = None) -> str:
    """Return «1234,50» for 123450 cents: how people type it in a field of ours."""
    point = _money_habits(locale or languages.current().code)[3]
    return plain_amount(cents).replace(",", point)


def plain_amount(cents: int) -> str:
    """Return «1234,50» for 123450 cents: what a bank's form takes."""
    whole, part = divmod(cents, 100)
    return f"{whole},{part:02}"


def iban_groups(iban: str) -> str:
    """Return an IBAN in groups of four, as people read it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
