"""What things cost on a day: the operator's dated prices, promotions and extras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType
from typing import Protocol, TypeVar

from portal.domain.conventions import Convention, Payer, conventions_on
from portal.domain.errors import ConventionNotPayable, PriceMissing
from portal.domain.extras import Extra
from portal.domain.money import Cents
from portal.domain.plans import Plan
from portal.domain.promotions import Promotion
from portal.domain.terms import DEFAULT_TERMS


class Item(StrEnum):
    """What a price list prices, in the order of a quote's lines."""

    STANDARD = "standard"
    PRO = "pro"
    PREMIUM = "premium"
    EXTRA_MAILBOX_GB = "extra_mailbox_gb"
    EXTRA_ARCHIVE_GB = "extra_archive_gb"


ITEM_OF_PLAN: Mapping[Plan, Item] = MappingProxyType(
    {Plan.STANDARD: Item.STANDARD, Plan.PRO: Item.PRO, Plan.PREMIUM: Item.PREMIUM}
)
POSITION = {item: position for position, item in enumerate(Item)}
"""Where an item stands in a list and in a quote."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of an item costs net per year, from one day to another, both included."""

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
    """The one price of each item in force on a day, and what is offered beside it."""

    day: date
    prices: Mapping[Item, Price]
    promotions: Sequence[Promotion] = ()
    """Those in force; no plan has two."""
    extras: Mapping[str, Extra] = field(default_factory=dict)
    """The extras on offer, by code and in that order."""
    conventions: Mapping[str, Convention] = field(default_factory=dict)
    """The conventions in force, by code."""

    def price(self, item: Item) -> Price:
        """Return the item's price; raises PriceMissing."""
        if item not in self.prices:
            raise PriceMissing(item, self.day)
        return self.prices[item]

    def agreed(self, code: str) -> Convention:
        """Return the convention that members pay under this code; raises ConventionNotPayable."""
        found = self.conventions.get(code)
        if found is None or found.payer is not Payer.MEMBER:
            raise ConventionNotPayable(code, self.day)
        return found

    def promotion_for(self, plan: Plan, years: int) -> Promotion | None:
        """Return the promotion that makes the plan cheaper for so many years, or None. Raises PriceMissing.

        It is nothing but a price: the years that are sold, and what follows it, are the list's.
        """
        return next((found for found in self._cheaper(plan) if years in found.terms), None)

    def any_promotion_for(self, plan: Plan) -> Promotion | None:
        """Return the promotion that makes the plan cheaper for some years, or None. Raises PriceMissing."""
        return next(self._cheaper(plan), None)

    def _cheaper(self, plan: Plan) -> Iterator[Promotion]:
        list_cents = self.price(ITEM_OF_PLAN[plan]).net_cents
        return (found for found in self.promotions if plan in found.plans and found.yearly_cents < list_cents)

    def at_list_price(self) -> PriceList:
        """Return the list without promotions, by which auto-renewal charges. Source: domain.md 6, 8.5."""
        return replace(self, promotions=())


def price_list_on(
    rows: Iterable[Price],
    day: date,
    promotions: Iterable[Promotion] = (),
    extras: Iterable[Extra] = (),
    conventions: Iterable[Convention] = (),
) -> PriceList:
    """Return the prices in force on a day; where two of a thing overlap, the one that began later.

    Source: domain.md 8.1, 8.5.
    """
    prices = {row.item: row for row in _in_force(rows, day)}
    offered = {extra.code: extra for extra in sorted(_in_force(extras, day), key=lambda extra: extra.code)}
    newest_first = tuple(reversed(_in_force(promotions, day)))
    agreed = conventions_on(conventions, day)
    return PriceList(day, MappingProxyType(prices), newest_first, MappingProxyType(offered), agreed)


class _Dated(Protocol):
    @property
    def valid_from(self) -> date: ...

    def in_force_on(self, day: date) -> bool: ...


_Row = TypeVar("_Row", bound=_Dated)


def _in_force(rows: Iterable[_Row], day: date) -> list[_Row]:
    return sorted((row for row in rows if row.in_force_on(day)), key=lambda row: row.valid_from)


def overlaps(rows: Iterable[Price]) -> list[tuple[Price, Price]]:
    """Return the pairs of prices of one item that are both in force on some day, the earlier first."""
    ordered = sorted(rows, key=lambda row: (POSITION[row.item], row.valid_from))
    return [(first, second) for first, second in combinations(ordered, 2) if first.overlaps(second)]
