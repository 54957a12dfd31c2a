"""Random carts on days around every VAT and price boundary, against an oracle that counts singly (S35)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.extras import Extra
from portal.domain.plans import Plan
from portal.domain.price_list import Item, Price, price_list_on
from portal.domain.pricing import Choice, quote
from portal.domain.promotions import Promotion
from portal.domain.quotes import ToldQuote, canonical, faults, fingerprint, read_quote

BOUNDARIES = [
    date(2011, 9, 17),  # 21 %
    date(2013, 10, 1),  # 22 %
    date(2020, 1, 1),  # every price doubles
    date(2026, 11, 1),  # the promotion begins
    date(2026, 12, 1),  # and this is the first day after it
]
DEARER = date(2020, 1, 1)
PROMOTED = ("pro", "premium")


@dataclass(frozen=True)
class Shop:
    """What is for sale, in cents: list prices before 2020, a promotion, a kit."""

    yearly: dict[str, int]
    promoted: int
    first_year_only: bool
    kit: int

    def price_rows(self) -> list[Price]:
        begun, last = date(2000, 1, 1), DEARER - timedelta(days=1)
        early = [Price(Item(name), cents, begun, last) for name, cents in self.yearly.items()]
        return early + [Price(Item(name), 2 * cents, DEARER) for name, cents in self.yearly.items()]

    def promotion(self) -> Promotion:
        plans = frozenset(Plan(name) for name in PROMOTED)
        ends = date(2026, 11, 30)
        return Promotion(
            "AUTUNNO",
            plans,
            self.promoted,
            date(2026, 11, 1),
            ends,
            first_year_only=self.first_year_only,
        )


@dataclass(frozen=True)
class Wish:
    """What some mailboxes shall become."""

    plan: str
    mailbox_gb: int
    archive_gb: int
    years: int
    mailboxes: int


def euros(cents: int) -> Decimal:
    return Decimal(cents) / 100


def oracle(shop: Shop, wishes: list[Wish], kits: int, day: date, split: bool) -> tuple[Decimal, ...]:
    """Return net, VAT and what is due in euros: every mailbox, GB and year is added on its own."""
    factor = 2 if day >= DEARER else 1
    in_promotion = date(2026, 11, 1) <= day <= date(2026, 11, 30)
    net = Decimal(0)
    for wish in wishes:
        for _mailbox in range(wish.mailboxes):
            for year in range(wish.years):
                listed = euros(shop.yearly[wish.plan]) * factor
                cheaper = euros(shop.promoted)
                granted = in_promotion and wish.plan in PROMOTED and wish.years <= 2 and cheaper < listed
                if granted and (year == 0 or not shop.first_year_only):
                    net += cheaper
                else:
                    net += listed
                net += wish.mailbox_gb * euros(shop.yearly["extra_mailbox_gb"]) * factor
                net += wish.archive_gb * euros(shop.yearly["extra_archive_gb"]) * factor
    for _kit in range(kits):
        net += euros(shop.kit)
    rate = Decimal("0.20") if day <= date(2011, 9, 16) else Decimal("0.21")
    rate = Decimal("0.22") if day >= date(2013, 10, 1) else rate
    vat = (net * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return net, vat, net if split else net + vat


days = st.builds(
    lambda day, days: day + timedelta(days=days), st.sampled_from(BOUNDARIES), st.integers(-1, 1)
)
amounts = st.integers(0, 9_999)
shops = st.builds(
    Shop,
    st.fixed_dictionaries({item.value: amounts for item in Item}),
    amounts,
    st.booleans(),
    amounts,
)
wishes = st.builds(
    Wish,
    st.sampled_from(["standard", "pro", "premium"]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 5),
    st.integers(0, 4),
)


@settings(max_examples=300, deadline=None)
@given(shop=shops, cart=st.lists(wishes, max_size=5), kits=st.integers(0, 3), day=days, split=st.booleans())
def test_every_cart_costs_what_the_oracle_says(
    shop: Shop, cart: list[Wish], kits: int, day: date, split: bool
) -> None:
    kit = Extra("kit", "Kit", "Kit", shop.kit, date(2000, 1, 1))
    prices = price_list_on(shop.price_rows(), day, [shop.promotion()], [kit])
    choices = [
        (Choice(Plan(wish.plan), wish.mailbox_gb, wish.archive_gb, wish.years), wish.mailboxes)
        for wish in cart
    ]

    total = quote(choices, prices, day=day, split_payment=split, extras={"kit": kits})

    net, vat, due = oracle(shop, cart, kits, day, split)
    assert (euros(total.net_cents), euros(total.vat_cents), euros(total.due_cents)) == (net, vat, due)
    told = ToldQuote("draft", 1, len(cart), day, total, split)
    content = canonical(told)
    assert faults(content, fingerprint(content)) == []
    assert canonical(read_quote(content)) == content
