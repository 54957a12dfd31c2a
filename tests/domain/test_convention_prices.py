"""What a renewal in a convention costs, alone and among ordinary ones, against another way to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.charges import Basis, Charge
from portal.domain.choices import first_choice
from portal.domain.conventions import Convention, Payer
from portal.domain.errors import ConventionNotPayable, PlanNotOffered, PriceMissing, TermNotOffered
from portal.domain.plans import SOLD_PLANS, Plan
from portal.domain.price_list import Item, Price, PriceList, price_list_on
from portal.domain.pricing import Choice, QuoteLine, quote, quote_for, terms_for
from portal.domain.promotions import Promotion

TODAY, IN_2012 = date(2026, 11, 24), date(2012, 5, 2)
BEGIN = date(2010, 1, 1)
YEARLY = {
    Item.STANDARD: 500,
    Item.PRO: 2500,
    Item.PREMIUM: 4000,
    Item.EXTRA_MAILBOX_GB: 300,
    Item.EXTRA_ARCHIVE_GB: 250,
}
DOCTORS = Convention("OMCEO-GE-0015", "Medici", Payer.MEMBER, Plan.STANDARD, 3, 400, BEGIN)
NURSES = Convention("OPI-0002", "Infermieri", Payer.MEMBER, Plan.PRO, 2, 1999, BEGIN)
ARCHITECTS = Convention("ARCH-0001", "Architetti", Payer.BODY, Plan.STANDARD, 3, 0, BEGIN)
MEMBER = Choice(Plan.STANDARD, years=3, convention=DOCTORS.code)


def list_of(
    day: date = TODAY,
    yearly: dict[Item, int] = YEARLY,
    conventions: Sequence[Convention] = (DOCTORS, NURSES, ARCHITECTS),
    promotions: Sequence[Promotion] = (),
) -> PriceList:
    rows = [Price(item, cents, BEGIN) for item, cents in yearly.items()]
    return price_list_on(rows, day, promotions, conventions=conventions)


@pytest.mark.parametrize(
    ("day", "choice", "net", "vat", "gross"),
    [
        (IN_2012, MEMBER, 400, 84, 484),
        (TODAY, MEMBER, 400, 88, 488),
        (TODAY, replace(MEMBER, extra_mailbox_gb=1), 400 + 3 * 300, 286, 1586),
        (TODAY, Choice(Plan.PRO, 2, 1, 2, NURSES.code), 1999 + 2 * 2 * 300 + 2 * 250, 814, 4513),
    ],
)
def test_worked_examples(day: date, choice: Choice, net: int, vat: int, gross: int) -> None:
    """FNOMCEO: 4.00 for three years is 4.84 in 2012 and 4.88 today. Source: domain.md 8.7, C14."""
    price = quote_for(choice, list_of(day), day=day)

    assert (price.net_cents, price.vat_cents, price.gross_cents) == (net, vat, gross)


def test_its_line_is_the_whole_term_and_extra_space_goes_by_the_year() -> None:
    price = quote_for(replace(MEMBER, extra_mailbox_gb=1), list_of(), day=TODAY)

    assert price.lines == (
        QuoteLine(Charge(Item.STANDARD, 3, 400, Basis.CONVENTION, DOCTORS.code), 1, 400),
        QuoteLine(Charge(Item.EXTRA_MAILBOX_GB, 3, 300), 1, 900),
    )


def test_each_convention_has_a_line_of_its_own_beside_the_ordinary_ones() -> None:
    others = replace(DOCTORS, code="OMCEO-TO-0001", total_net_cents=450)
    choices = [(MEMBER, 2), (replace(MEMBER, convention=others.code), 1), (Choice(Plan.STANDARD, years=3), 4)]

    price = quote(choices, list_of(conventions=[DOCTORS, others]), day=TODAY)

    assert [(line.quantity, line.net_cents, line.charge.basis, line.charge.code) for line in price.lines] == [
        (4, 6000, Basis.LIST, ""),
        (2, 800, Basis.CONVENTION, DOCTORS.code),
        (1, 450, Basis.CONVENTION, others.code),
    ]


@pytest.mark.parametrize(
    ("choice", "refusal"),
    [
        (replace(MEMBER, plan=Plan.PRO), PlanNotOffered),
        (replace(MEMBER, years=1), TermNotOffered),
        (replace(MEMBER, years=5), TermNotOffered),
        (replace(MEMBER, convention="UNKNOWN"), ConventionNotPayable),
        (replace(MEMBER, convention=ARCHITECTS.code), ConventionNotPayable),
    ],
)
def test_anything_else_than_what_was_agreed_has_no_price(choice: Choice, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        quote_for(choice, list_of(), day=TODAY)


@pytest.mark.parametrize("day", [date(2009, 12, 31), date(2027, 1, 1)])
def test_outside_its_days_it_has_no_price(day: date) -> None:
    prices = list_of(day, conventions=[replace(DOCTORS, valid_to=date(2026, 12, 31))])

    with pytest.raises(ConventionNotPayable):
        quote_for(MEMBER, prices, day=day)


def test_the_price_list_is_not_asked_for_its_plan() -> None:
    only_space = list_of(yearly={Item.EXTRA_MAILBOX_GB: 300})

    assert quote_for(replace(MEMBER, extra_mailbox_gb=1), only_space, day=TODAY).net_cents == 1300
    with pytest.raises(PriceMissing):
        quote_for(Choice(Plan.STANDARD, years=3), only_space, day=TODAY)


def test_extra_space_that_is_not_sold_for_its_term_is_refused() -> None:
    ten_years = list_of(conventions=[replace(DOCTORS, term_years=10)])

    assert terms_for(replace(MEMBER, years=10), ten_years) == (10,)
    assert terms_for(replace(MEMBER, years=10, extra_mailbox_gb=1), ten_years) == ()


def test_a_promotion_of_the_plan_does_not_touch_it() -> None:
    cheap = Promotion("X", frozenset({Plan.STANDARD}), 1, date(2026, 1, 1), date(2026, 12, 31))

    assert quote_for(MEMBER, list_of(promotions=[cheap]), day=TODAY).net_cents == 400


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (Choice(Plan.STANDARD), Choice(Plan.STANDARD)),
        (Choice(Plan.PRO, 2, 1), Choice(Plan.PRO, 2, 1)),
        (Choice(Plan.STANDARD, convention=DOCTORS.code), MEMBER),
        (Choice(Plan.STANDARD, 1, convention=DOCTORS.code), replace(MEMBER, extra_mailbox_gb=1)),
        (Choice(Plan.PRO, 5, 2, convention=DOCTORS.code), replace(MEMBER, extra_mailbox_gb=1)),
        (Choice(Plan.STANDARD, 1, convention=NURSES.code), Choice(Plan.PRO, 1, 0, 2, NURSES.code)),
        (Choice(Plan.STANDARD, convention="UNKNOWN"), Choice(Plan.STANDARD, convention="UNKNOWN")),
    ],
)
def test_a_renewal_begins_with_what_the_convention_says(now: Choice, first: Choice) -> None:
    assert first_choice(now, list_of().conventions) == first


ordinary = st.builds(
    Choice, st.sampled_from(SOLD_PLANS), st.integers(0, 9), st.integers(0, 9), st.integers(1, 5)
)
members = st.builds(
    lambda convention, mailbox_gb, archive_gb: Choice(
        convention.plan, mailbox_gb, archive_gb, convention.term_years, convention.code
    ),
    st.sampled_from([DOCTORS, NURSES]),
    st.integers(0, 9),
    st.integers(0, 9),
)
carts = st.lists(st.tuples(ordinary | members, st.integers(0, 3_000)), max_size=12)


def counted_one_by_one(cart: list[tuple[Choice, int]], rate: Decimal) -> tuple[int, int]:
    """Return net and VAT as somebody with a slip of paper for every mailbox would count them."""
    whole_terms = {DOCTORS.code: 400, NURSES.code: 1999}
    net = 0
    for choice, mailboxes in cart:
        slip = whole_terms.get(choice.convention or "", 0)
        for _year in range(choice.years):
            if choice.convention is None:
                slip += {"standard": 500, "pro": 2500, "premium": 4000}[choice.plan.value]
            slip += choice.extra_mailbox_gb * 300 + choice.extra_archive_gb * 250
        net += slip * mailboxes
    exact = Fraction(net) * Fraction(rate) / 100
    return net, int(exact + Fraction(1, 2))


@given(carts, st.sampled_from([TODAY, IN_2012]), st.booleans())
def test_mixed_carts_cost_what_a_slip_for_each_mailbox_says(
    cart: list[tuple[Choice, int]], day: date, split_payment: bool
) -> None:
    price = quote(cart, list_of(day), day=day, split_payment=split_payment)

    net, vat = counted_one_by_one(cart, Decimal(22) if day == TODAY else Decimal(21))
    assert (price.net_cents, price.vat_cents, price.gross_cents) == (net, vat, net + vat)
    assert price.due_cents == (net if split_payment else net + vat)
    assert sum(line.net_cents for line in price.lines) == net
    assert quote(cart[::-1], list_of(day), day=day, split_payment=split_payment) == price
