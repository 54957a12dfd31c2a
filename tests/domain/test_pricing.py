"""Prices and quotes: the worked examples of domain.md 8.7, and random orders against another way to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.charges import Basis, Charge
from portal.domain.errors import ExtraNotOffered, PlanNotOffered, PriceMissing, TermNotOffered
from portal.domain.extras import Extra
from portal.domain.plans import SOLD_PLANS, Plan
from portal.domain.price_list import Item, Price, PriceList, overlaps, price_list_on
from portal.domain.pricing import Choice, QuoteLine, quote, quote_for, terms_for
from portal.domain.promotions import Promotion, overlapping

TODAY = date(2026, 11, 24)
IN_2012 = date(2012, 5, 2)
BEGIN = date(2010, 1, 1)
YEARLY = {
    Item.STANDARD: 500,
    Item.PRO: 2500,
    Item.PREMIUM: 4000,
    Item.EXTRA_MAILBOX_GB: 300,
    Item.EXTRA_ARCHIVE_GB: 250,
}
TERMS = frozenset(range(1, 6))
KIT = Extra("kit", "Kit di Firma Digitale", "Digital signature kit", 3600, BEGIN)


def list_of(
    day: date = TODAY,
    yearly: dict[Item, int] = YEARLY,
    terms: dict[Item, frozenset[int]] | None = None,
    *,
    promotions: Sequence[Promotion] = (),
    extras: Sequence[Extra] = (KIT,),
) -> PriceList:
    rows = [Price(item, cents, BEGIN, None, (terms or {}).get(item, TERMS)) for item, cents in yearly.items()]
    return price_list_on(rows, day, promotions, extras)


@pytest.mark.parametrize(
    ("day", "choice", "net", "vat", "gross"),
    [
        (TODAY, Choice(Plan.STANDARD, years=1), 500, 110, 610),
        (TODAY, Choice(Plan.STANDARD, years=3), 1500, 330, 1830),
        (IN_2012, Choice(Plan.STANDARD, years=1), 500, 105, 605),
        (TODAY, Choice(Plan.STANDARD, 1, 0, 2), 1600, 352, 1952),
        (TODAY, Choice(Plan.PRO, 2, 3, 2), 2 * (2500 + 2 * 300 + 3 * 250), 1694, 9394),
    ],
)
def test_worked_examples(day: date, choice: Choice, net: int, vat: int, gross: int) -> None:
    price = quote_for(choice, list_of(day), day=day)

    assert (price.net_cents, price.vat_cents, price.gross_cents) == (net, vat, gross)
    assert price.due_cents == gross


def test_under_split_payment_the_net_is_due_and_the_vat_shown() -> None:
    price = quote_for(Choice(Plan.STANDARD), list_of(), day=TODAY, split_payment=True)

    assert (price.net_cents, price.vat_cents, price.gross_cents, price.due_cents) == (500, 110, 610, 500)


def test_each_line_says_how_it_came_about() -> None:
    choices = [(Choice(Plan.PRO, 1, 2, 2), 3), (Choice(Plan.STANDARD, 1, 0, 1), 4)]

    price = quote(choices, list_of(), day=TODAY, extras={"kit": 2})

    assert price.lines == (
        QuoteLine(Charge(Item.STANDARD, 1, 500), 4, 2000),
        QuoteLine(Charge(Item.PRO, 2, 2500), 3, 15000),
        QuoteLine(Charge(Item.EXTRA_MAILBOX_GB, 1, 300), 4, 1200),
        QuoteLine(Charge(Item.EXTRA_MAILBOX_GB, 2, 300), 3, 1800),
        QuoteLine(Charge(Item.EXTRA_ARCHIVE_GB, 2, 250), 6, 3000),
        QuoteLine(Charge(None, 1, 3600, Basis.ONE_OFF, "kit", extra=KIT), 2, 7200),
    )
    assert price.due_cents == price.gross_cents
    assert price.net_of(Item.EXTRA_MAILBOX_GB, Item.EXTRA_ARCHIVE_GB) == 6000


def test_equal_units_are_one_line() -> None:
    choices = [(Choice(Plan.STANDARD), 2), (Choice(Plan.STANDARD, 1), 3), (Choice(Plan.STANDARD), 1)]

    price = quote(choices, list_of(), day=TODAY)

    assert [(line.charge.item, line.quantity) for line in price.lines] == [
        (Item.STANDARD, 6),
        (Item.EXTRA_MAILBOX_GB, 3),
    ]


def test_what_is_paid_once_does_not_grow_with_the_years() -> None:
    prices = list_of()

    one, five = (
        quote([(Choice(Plan.STANDARD, years=years), 1)], prices, day=TODAY, extras={"kit": 1})
        for years in (1, 5)
    )

    assert one.lines[-1].net_cents == five.lines[-1].net_cents == 3600


def test_vat_is_rounded_once_and_not_by_line() -> None:
    """Three lines of 0.25 net: 0.165 rounds to 0.17, three times 0.055 would have been 0.18."""
    prices = list_of(yearly={Item.PRO: 25, Item.EXTRA_MAILBOX_GB: 25, Item.EXTRA_ARCHIVE_GB: 25})

    price = quote_for(Choice(Plan.PRO, 1, 1), prices, day=TODAY)

    assert (len(price.lines), price.net_cents, price.vat_cents) == (3, 75, 17)


def test_nothing_costs_nothing() -> None:
    price = quote([(Choice(Plan.PRO), 0)], list_of(), day=TODAY)

    assert (price.lines, price.due_cents) == ((), 0)


CHOICES = st.builds(
    Choice, st.sampled_from(SOLD_PLANS), st.integers(0, 99), st.integers(0, 99), st.integers(1, 5)
)
GROUPS = st.lists(st.tuples(CHOICES, st.integers(0, 30)), max_size=5)
PRICES = st.fixed_dictionaries({item: st.integers(0, 20_000) for item in Item})


def counted_one_by_one(groups: list[tuple[Choice, int]], kits: int, yearly: dict[Item, int]) -> Fraction:
    """Return the net in euros, adding every unit of every mailbox for every year."""
    total = Fraction(0)
    for choice, mailboxes in groups:
        units = [yearly[Item[choice.plan.name]]]
        units += [yearly[Item.EXTRA_MAILBOX_GB]] * choice.extra_mailbox_gb
        units += [yearly[Item.EXTRA_ARCHIVE_GB]] * choice.extra_archive_gb
        for _mailbox in range(mailboxes):
            for _year in range(choice.years):
                total += Fraction(sum(units), 100)
    return total + Fraction(KIT.net_cents, 100) * kits


@given(groups=GROUPS, kits=st.integers(0, 3), yearly=PRICES, split=st.booleans())
def test_quotes_agree_with_counting_one_by_one(
    groups: list[tuple[Choice, int]], kits: int, yearly: dict[Item, int], split: bool
) -> None:
    net = counted_one_by_one(groups, kits, yearly)
    exact_vat = Decimal(int(net * 100)) * Decimal("0.22")
    vat = int(exact_vat.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    price = quote(groups, list_of(yearly=yearly), day=TODAY, split_payment=split, extras={"kit": kits})

    assert Fraction(price.net_cents, 100) == net
    assert price.vat_cents == vat
    assert price.gross_cents == price.net_cents + price.vat_cents
    assert price.due_cents == (price.net_cents if split else price.gross_cents)


@given(groups=GROUPS, yearly=PRICES)
def test_lines_add_up_and_so_do_mailboxes(groups: list[tuple[Choice, int]], yearly: dict[Item, int]) -> None:
    prices = list_of(yearly=yearly)

    price = quote(groups, prices, day=TODAY)

    singles = [quote_for(choice, prices, day=TODAY).net_cents * count for choice, count in groups]
    assert price.net_cents == sum(line.net_cents for line in price.lines) == sum(singles)
    assert all(
        line.net_cents == line.quantity * line.charge.years * line.charge.unit_cents for line in price.lines
    )


@given(data=st.data(), groups=GROUPS)
def test_the_order_of_the_choices_does_not_matter(
    data: st.DataObject, groups: list[tuple[Choice, int]]
) -> None:
    shuffled = data.draw(st.permutations(groups))

    assert quote(shuffled, list_of(), day=TODAY) == quote(groups, list_of(), day=TODAY)


def test_a_missing_price_is_named_with_its_day() -> None:
    with pytest.raises(PriceMissing) as refusal:
        quote_for(Choice(Plan.PRO, 1), list_of(yearly={Item.PRO: 2500}), day=TODAY)

    assert (refusal.value.item, refusal.value.day) == (Item.EXTRA_MAILBOX_GB, TODAY)


def test_a_term_is_sold_only_if_every_part_is() -> None:
    prices = list_of(terms={Item.PRO: frozenset({1, 2, 3}), Item.EXTRA_ARCHIVE_GB: frozenset({2, 3, 4})})

    assert terms_for(Choice(Plan.PRO), prices) == (1, 2, 3)
    assert terms_for(Choice(Plan.PRO, 0, 1), prices) == (2, 3)
    with pytest.raises(TermNotOffered) as refusal:
        quote_for(Choice(Plan.PRO, 0, 1, 1), prices, day=TODAY)
    assert (refusal.value.years, refusal.value.offered) == (1, (2, 3))


@pytest.mark.parametrize("years", [6, 10])
def test_more_than_five_years_are_not_sold(years: int) -> None:
    with pytest.raises(TermNotOffered):
        quote_for(Choice(Plan.STANDARD, years=years), list_of(), day=TODAY)


def test_the_domain_plan_has_no_price_here() -> None:
    with pytest.raises(PlanNotOffered):
        quote_for(Choice(Plan.DOMAIN), list_of(), day=TODAY)


@pytest.mark.parametrize(
    ("mailbox_gb", "archive_gb", "years"), [(-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, -1)]
)
def test_less_than_nothing_cannot_be_chosen(mailbox_gb: int, archive_gb: int, years: int) -> None:
    with pytest.raises(ValueError, match="no such choice"):
        Choice(Plan.PRO, mailbox_gb, archive_gb, years)


@pytest.mark.parametrize(
    ("groups", "extras", "day"),
    [
        ([(Choice(Plan.PRO), -1)], {}, TODAY),
        ([], {"kit": -1}, TODAY),
        ([(Choice(Plan.PRO), 1)], {}, IN_2012),
    ],
)
def test_a_senseless_order_is_a_mistake_of_ours(
    groups: list[tuple[Choice, int]], extras: dict[str, int], day: date
) -> None:
    with pytest.raises(ValueError, match=r"mailboxes|pieces|prices of"):
        quote(groups, list_of(TODAY), day=day, extras=extras)


OLD = Price(Item.STANDARD, 500, date(2020, 1, 1), date(2026, 12, 31))
NEW = Price(Item.STANDARD, 990, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("day", "cents"),
    [
        (date(2020, 1, 1), 500),
        (date(2026, 12, 31), 500),
        (date(2027, 1, 1), 990),
        (date(2040, 1, 1), 990),
    ],
)
def test_the_price_is_that_of_the_day(day: date, cents: int) -> None:
    assert price_list_on([NEW, OLD], day).price(Item.STANDARD).net_cents == cents


def test_before_its_first_day_a_price_does_not_exist() -> None:
    with pytest.raises(PriceMissing):
        price_list_on([OLD, NEW], date(2019, 12, 31)).price(Item.STANDARD)


@pytest.mark.parametrize("reverse", [False, True])
def test_of_two_prices_the_one_that_began_later_holds(reverse: bool) -> None:
    rows = [Price(Item.PRO, 2500, date(2020, 1, 1)), Price(Item.PRO, 2900, date(2026, 1, 1))]

    prices = price_list_on(rows[::-1] if reverse else rows, TODAY)

    assert prices.price(Item.PRO).net_cents == 2900


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ((date(2020, 1, 1), date(2020, 12, 31)), (date(2021, 1, 1), None), False),
        ((date(2020, 1, 1), date(2021, 1, 1)), (date(2021, 1, 1), None), True),
        ((date(2020, 1, 1), None), (date(2021, 1, 1), None), True),
        ((date(2020, 1, 1), date(2020, 12, 31)), (date(2020, 3, 1), date(2020, 4, 1)), True),
        ((date(2020, 1, 1), None), (date(2020, 1, 1), None), True),
    ],
)
def test_overlapping_prices_of_an_item_are_found(
    first: tuple[date, date | None], second: tuple[date, date | None], overlap: bool
) -> None:
    one, two = Price(Item.PRO, 1, *first), Price(Item.PRO, 2, *second)

    expected = [(one, two)] if overlap else []
    assert overlaps([one, two]) == expected
    assert len(overlaps([two, one])) == len(expected)
    assert overlaps([one, Price(Item.PREMIUM, 2, *second)]) == []


AUTUMN = Promotion("AUTUNNO", frozenset({Plan.PRO}), 1500, date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        (1, [(Basis.PROMOTION, 1, 1500, 1500)]),
        (2, [(Basis.PROMOTION, 2, 1500, 3000)]),
        (3, [(Basis.LIST, 3, 2500, 7500)]),
    ],
)
def test_a_promotion_is_for_its_terms_and_longer_ones_cost_the_list_price(
    years: int, expected: list[tuple[Basis, int, int, int]]
) -> None:
    price = quote_for(Choice(Plan.PRO, years=years), list_of(promotions=[AUTUMN]), day=TODAY)

    assert [
        (line.charge.basis, line.charge.years, line.charge.unit_cents, line.net_cents) for line in price.lines
    ] == expected


def test_a_promotional_line_names_its_promotion_its_end_and_the_price_that_follows() -> None:
    price = quote_for(Choice(Plan.PRO, 1, 0, 2), list_of(promotions=[AUTUMN]), day=TODAY)

    assert price.lines == (
        QuoteLine(Charge(Item.PRO, 2, 1500, Basis.PROMOTION, "AUTUNNO", 2500, AUTUMN.valid_to), 1, 3000),
        QuoteLine(Charge(Item.EXTRA_MAILBOX_GB, 2, 300), 1, 600),
    )
    assert price.payable_until == date(2027, 1, 30)


def test_a_promotion_of_the_first_year_leaves_the_second_at_list_price() -> None:
    prices = list_of(promotions=[replace(AUTUMN, first_year_only=True)])

    price = quote_for(Choice(Plan.PRO, years=2), prices, day=TODAY)

    assert [(line.charge.basis, line.charge.years, line.net_cents) for line in price.lines] == [
        (Basis.PROMOTION, 1, 1500),
        (Basis.AFTER_PROMOTION, 1, 2500),
    ]


@pytest.mark.parametrize(
    ("day", "cents"),
    [
        (date(2026, 9, 30), 2500),
        (date(2026, 10, 1), 1500),
        (date(2026, 12, 31), 1500),
        (date(2027, 1, 1), 2500),
    ],
)
def test_a_promotion_ends_on_its_last_day(day: date, cents: int) -> None:
    assert quote_for(Choice(Plan.PRO), list_of(day, promotions=[AUTUMN]), day=day).net_cents == cents


def test_a_promotion_dearer_than_the_list_price_is_none() -> None:
    price = quote_for(Choice(Plan.PRO), list_of(promotions=[replace(AUTUMN, yearly_cents=2500)]), day=TODAY)

    assert (price.lines[0].charge.basis, price.payable_until) == (Basis.LIST, None)


def test_auto_renewal_pays_the_list_price() -> None:
    prices = list_of(promotions=[AUTUMN]).at_list_price()

    assert quote_for(Choice(Plan.PRO), prices, day=TODAY).net_cents == 2500


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        (replace(AUTUMN, code="X", valid_from=date(2026, 12, 31), valid_to=date(2027, 1, 5)), True),
        (replace(AUTUMN, code="X", valid_from=date(2027, 1, 1), valid_to=date(2027, 1, 5)), False),
        (replace(AUTUMN, code="X", plans=frozenset({Plan.PREMIUM})), False),
        (replace(AUTUMN, code="X", plans=frozenset({Plan.PREMIUM, Plan.PRO})), True),
    ],
)
def test_a_plan_has_one_promotion_at_a_time(other: Promotion, overlap: bool) -> None:
    assert bool(overlapping([AUTUMN, other])) == bool(overlapping([other, AUTUMN])) == overlap


def test_an_extra_that_is_not_offered_is_named() -> None:
    with pytest.raises(ExtraNotOffered) as refusal:
        quote([], list_of(extras=[replace(KIT, valid_to=date(2026, 11, 23))]), day=TODAY, extras={"kit": 1})

    assert refusal.value.code == "kit"
