"""The canonical form of a quote: one text for one quote, and no fault that goes unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.domain.charges import Basis, Charge
from portal.domain.extras import Extra
from portal.domain.plans import Plan
from portal.domain.price_list import Item, Price, price_list_on
from portal.domain.pricing import Choice, QuoteLine, quote
from portal.domain.quotes import QuoteFault, ToldQuote, canonical, faults, fingerprint, read_quote

DAY = date(2026, 11, 24)
PRICES = price_list_on(
    [Price(Item.STANDARD, 500, date(2020, 1, 1)), Price(Item.PRO, 2500, date(2020, 1, 1))], DAY
)
CHOICES = [(Choice(Plan.STANDARD, years=3), 2), (Choice(Plan.PRO), 1)]
TOLD = ToldQuote("draft", 7, 3, DAY, quote(CHOICES, PRICES, day=DAY), False)
TEXT = canonical(TOLD)


def test_the_order_of_the_mailboxes_does_not_matter() -> None:
    other = replace(TOLD, quote=quote(CHOICES[::-1], PRICES, day=DAY))

    assert canonical(other) == TEXT


@pytest.mark.parametrize(
    "other",
    [
        replace(TOLD, draft="another"),
        replace(TOLD, version=8),
        replace(TOLD, mailboxes=4),
        replace(TOLD, day=date(2026, 11, 25)),
        replace(TOLD, split_payment=True),
        replace(TOLD, quote=replace(TOLD.quote, due_cents=1)),
    ],
)
def test_whatever_differs_shows_in_the_fingerprint(other: ToldQuote) -> None:
    assert fingerprint(canonical(other)) != fingerprint(TEXT)


def test_the_text_can_be_read_back() -> None:
    assert read_quote(TEXT) == TOLD


@pytest.mark.parametrize(("german", "names"), [("", '["Kit","Set"]'), ("Satz", '["Kit","Set","Satz"]')])
def test_an_extra_is_read_back_by_its_names(german: str, names: str) -> None:
    """A quote from before there were German names has the same text today."""
    kit = Extra("kit", "Kit", "Set", 3600, DAY, name_de=german)
    line = QuoteLine(Charge(None, 1, 3600, Basis.ONE_OFF, "kit", extra=kit), 1, 3600)
    told = replace(TOLD, quote=replace(TOLD.quote, lines=(line,)))

    assert f'"names":{names},' in canonical(told)
    assert read_quote(canonical(told)) == told


def test_a_quote_holds_until_its_day_ends() -> None:
    assert TOLD.valid_until == DAY


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (
            '"net_cents":3000',
            '"net_cents":3001',
            [QuoteFault.LINE, QuoteFault.SUM, QuoteFault.DUE],
        ),
        ('"quantity":2', '"quantity":1', [QuoteFault.LINE]),
        ('"vat_rate":"22"', '"vat_rate":"21"', [QuoteFault.VAT]),
        ('"due_cents":6710', '"due_cents":5500', [QuoteFault.DUE]),
        ('"mailboxes":3', '"mailboxes":2', []),
    ],
)
def test_a_forged_text_is_found_out(before: str, after: str, found: list[QuoteFault]) -> None:
    forged = TEXT.replace(before, after)

    assert forged != TEXT
    assert set(faults(forged, fingerprint(TEXT))) >= {QuoteFault.HASH, *found}
    assert set(faults(forged, fingerprint(forged))) >= set(found) - {QuoteFault.HASH}
