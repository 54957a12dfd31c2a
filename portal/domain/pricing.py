"""What a renewal costs: dated prices, choices, and the quote that explains itself line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType

from portal.domain.errors import PlanNotOffered, PriceMissing, TermNotOffered
from portal.domain.money import Cents, vat_cents
from portal.domain.plans import Plan
from portal.domain.terms import DEFAULT_TERMS, offered_terms
from portal.domain.vat import vat_rate_on


class Item(StrEnum):
    """What a price list prices, in the order of a quote's lines."""

    STANDARD = "standard"
    PRO = "pro"
    PREMIUM = "premium"
    EXTRA_MAILBOX_GB = "extra_mailbox_gb"
    EXTRA_ARCHIVE_GB = "extra_archive_gb"
    SIGNATURE_KIT = "signature_kit"


ONE_OFF = frozenset({Item.SIGNATURE_KIT})
"""Items paid once; all others are paid for each year. Source: domain.md 8.2."""

ITEM_OF_PLAN: Mapping[Plan, Item] = MappingProxyType(
    {Plan.STANDARD: Item.STANDARD, Plan.PRO: Item.PRO, Plan.PREMIUM: Item.PREMIUM}
)
_POSITION = {item: position for position, item in enumerate(Item)}


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of an item costs net, per year unless one-off, from one day to another, both included."""

    item: Item
    net_cents: Cents
    valid_from: date
    valid_to: date | None = None
    terms: frozenset[int] = DEFAULT_TERMS

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: Price) -> bool:
        """Say whether some day has both prices of one item."""
        first, second = sorted([self, other], key=lambda price: price.valid_from)
        return first.item == second.item and first.in_force_on(second.valid_from)


@dataclass(frozen=True, slots=True)
class PriceList:
    """The one price of each item in force on a day."""

    day: date
    prices: Mapping[Item, Price]

    def price(self, item: Item) -> Price:
        """Return the item's price; raises PriceMissing."""
        if item not in self.prices:
            raise PriceMissing(item, self.day)
        return self.prices[item]


@dataclass(frozen=True, slots=True)
class Choice:
    """What one mailbox becomes. Whether its contents fit is `space.check_fit`'s to say. Raises ValueError."""

    plan: Plan
    extra_mailbox_gb: int = 0
    extra_archive_gb: int = 0
    years: int = 1

    def __post_init__(self) -> None:
        if min(self.extra_mailbox_gb, self.extra_archive_gb) < 0 or self.years < 1:
            raise ValueError(f"no such choice: {self}")


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One row of «Vedi dettagli costi»: quantity x unit price, x years if it recurs.

    The quantity counts mailboxes, GB or pieces; `years` is 1 for what is paid once.
    """

    item: Item
    quantity: int
    years: int
    unit_cents: Cents
    net_cents: Cents

    @property
    def is_recurring(self) -> bool:
        return self.item not in ONE_OFF


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of an order: its lines, and the sums that follow from them. `vat_rate` is per cent."""

    lines: Sequence[QuoteLine]
    net_cents: Cents
    vat_rate: Decimal
    vat_cents: Cents
    gross_cents: Cents
    due_cents: Cents
    """The gross, or the net under split payment."""

    def net_of(self, *items: Item) -> Cents:
        """Return the net sum of the lines of these items."""
        return sum(line.net_cents for line in self.lines if line.item in items)


def price_list_on(rows: Iterable[Price], day: date) -> PriceList:
    """Return the prices in force on a day; where two overlap, the one that began later.

    Source: domain.md 8.1.
    """
    in_force = sorted((row for row in rows if row.in_force_on(day)), key=lambda row: row.valid_from)
    return PriceList(day, MappingProxyType({row.item: row for row in in_force}))


def overlaps(rows: Iterable[Price]) -> list[tuple[Price, Price]]:
    """Return the pairs of prices of one item that are both in force on some day, the earlier first."""
    ordered = sorted(rows, key=lambda row: (_POSITION[row.item], row.valid_from))
    return [(first, second) for first, second in combinations(ordered, 2) if first.overlaps(second)]


def terms_for(choice: Choice, prices: PriceList) -> tuple[int, ...]:
    """Return the years for which all parts of the choice are sold. Raises PriceMissing, PlanNotOffered.

    Source: domain.md C13.
    """
    return offered_terms(prices.price(item).terms for item, _ in _parts(choice))


def quote(
    choices: Iterable[tuple[Choice, int]],
    prices: PriceList,
    *,
    day: date,
    split_payment: bool = False,
    one_off: Mapping[Item, int] = MappingProxyType({}),
) -> Quote:
    """Return the price of the choices, each made for so many mailboxes, on a day.

    Lines are one per item and term, in the order of `Item`, then of years, whatever the order of the
    choices. VAT is rounded half up once, on the sum. `one_off` says how many of which items paid once.
    Raises PriceMissing, TermNotOffered, PlanNotOffered; ValueError for a list of another day or a number
    below zero. Source: domain.md 8.2.
    """
    if prices.day != day:
        raise ValueError(f"prices of {prices.day} for a quote of {day}")
    quantities = _quantities(choices, prices) + _pieces(one_off)
    lines = tuple(
        _line(prices, item, years, quantities[item, years]) for item, years in _in_order(quantities)
    )
    return _total(lines, vat_rate_on(day), split_payment)


def quote_for(choice: Choice, prices: PriceList, *, day: date, split_payment: bool = False) -> Quote:
    """Return the price of one mailbox's choice. Raises as `quote`."""
    return quote([(choice, 1)], prices, day=day, split_payment=split_payment)


def _parts(choice: Choice) -> Iterator[tuple[Item, int]]:
    """Yield what one mailbox's choice consists of: items that recur, and how many units of each."""
    if choice.plan not in ITEM_OF_PLAN:
        raise PlanNotOffered(choice.plan)
    yield ITEM_OF_PLAN[choice.plan], 1
    if choice.extra_mailbox_gb:
        yield Item.EXTRA_MAILBOX_GB, choice.extra_mailbox_gb
    if choice.extra_archive_gb:
        yield Item.EXTRA_ARCHIVE_GB, choice.extra_archive_gb


def _quantities(choices: Iterable[tuple[Choice, int]], prices: PriceList) -> Counter[tuple[Item, int]]:
    """Return how many units of each item are bought for how many years."""
    quantities: Counter[tuple[Item, int]] = Counter()
    for choice, mailboxes in choices:
        offered = terms_for(choice, prices)
        if choice.years not in offered:
            raise TermNotOffered(choice.years, offered)
        if mailboxes < 0:
            raise ValueError(f"{mailboxes} mailboxes")
        for item, units in _parts(choice):
            quantities[item, choice.years] += units * mailboxes
    return quantities


def _pieces(one_off: Mapping[Item, int]) -> Counter[tuple[Item, int]]:
    if not one_off.keys() <= ONE_OFF or min(one_off.values(), default=0) < 0:
        raise ValueError(f"not to be bought by the piece: {dict(one_off)}")
    return Counter({(item, 1): pieces for item, pieces in one_off.items()})


def _in_order(keys: Iterable[tuple[Item, int]]) -> list[tuple[Item, int]]:
    return sorted(keys, key=lambda key: (_POSITION[key[0]], key[1]))


def _line(prices: PriceList, item: Item, years: int, quantity: int) -> QuoteLine:
    unit_cents = prices.price(item).net_cents
    return QuoteLine(item, quantity, years, unit_cents, unit_cents * quantity * years)


def _total(lines: Sequence[QuoteLine], vat_rate: Decimal, split_payment: bool) -> Quote:
    net = sum(line.net_cents for line in lines)
    vat = vat_cents(net, vat_rate)
    return Quote(lines, net, vat_rate, vat, net + vat, net if split_payment else net + vat)
