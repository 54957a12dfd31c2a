"""What one unit costs, and why: by the list, by a promotion, by a convention, or once and for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain.conventions import Convention
from portal.domain.extras import Extra
from portal.domain.money import Cents
from portal.domain.price_list import Item, Price, PriceList
from portal.domain.promotions import Promotion


class Basis(StrEnum):
    """Why a unit costs what it costs."""

    LIST = "list"
    PROMOTION = "promotion"
    AFTER_PROMOTION = "after_promotion"
    """The list price of the years that follow a first one in promotion."""
    CONVENTION = "convention"
    ONE_OFF = "one_off"


PAID_ONCE = frozenset({Basis.CONVENTION, Basis.ONE_OFF})
"""Prices of a whole term or of a piece; all others are paid for each year. Source: domain.md 8.2, C14."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one unit costs, and why; equal charges of many mailboxes are one line of the quote."""

    item: Item | None
    """None for an extra, which `extra` describes."""
    years: int
    unit_cents: Cents
    """Per year, or once and for all where the basis is one of PAID_ONCE."""
    basis: Basis = Basis.LIST
    code: str = ""
    """The promotion's, the convention's or the extra's."""
    list_cents: Cents | None = None
    """The list price of the unit per year, where another one is given and that one follows."""
    valid_to: date | None = None
    """Last day of this price, as far as it is known."""
    extra: Extra | None = None

    @property
    def net_cents(self) -> Cents:
        """Return what one unit costs net for the whole term."""
        return self.unit_cents if self.basis in PAID_ONCE else self.unit_cents * self.years


def listed(item: Item, years: int, price: Price, basis: Basis = Basis.LIST) -> Charge:
    """Return what one unit costs by the list."""
    return Charge(item, years, price.net_cents, basis, valid_to=price.valid_to)


def agreed(item: Item, convention: Convention) -> Charge:
    """Return a convention's price: for its whole term, never by the year. Source: domain.md 8.6, C14."""
    return Charge(
        item,
        convention.term_years,
        convention.total_net_cents,
        Basis.CONVENTION,
        convention.code,
        valid_to=convention.valid_to,
    )


def promoted(item: Item, years: int, promotion: Promotion, prices: PriceList) -> Iterator[Charge]:
    """Yield the promotional price for the whole term, or for its first year only. Source: domain.md 8.5."""
    price = prices.price(item)
    cheap_years = 1 if promotion.first_year_only else years
    yield Charge(
        item,
        cheap_years,
        promotion.yearly_cents,
        Basis.PROMOTION,
        promotion.code,
        price.net_cents,
        promotion.valid_to,
    )
    if cheap_years < years:
        yield listed(item, years - cheap_years, price, Basis.AFTER_PROMOTION)


def one_off(extra: Extra) -> Charge:
    """Return what one piece of an extra costs, paid once. Source: domain.md 9 (3)."""
    return Charge(None, 1, extra.net_cents, Basis.ONE_OFF, extra.code, valid_to=extra.valid_to, extra=extra)
