"""«Porta tutte alla stessa data»: what whole years can do towards it, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from portal.domain.choices import first_choice
from portal.domain.errors import ConventionNotPayable, PlanNotOffered, PriceMissing
from portal.domain.money import Cents
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, quote, terms_for
from portal.domain.terms import new_expiry

FARTHEST_YEARS = 5
"""A target lies this far ahead at most: no single renewal reaches further. Source: domain.md C13."""


@dataclass(frozen=True, slots=True)
class ExpiringOn:
    """So many mailboxes that are alike and expire on the same day."""

    expires_on: date
    choice: Choice
    """What they are now, for one year."""
    count: int


class Obstacle(StrEnum):
    """Why a mailbox cannot be brought to the date by one renewal."""

    CONVENTION = "convention"
    """Its convention fixes the term."""
    TERM = "term"
    """It would take more years than are sold at once."""
    PRICE = "price"
    """The price list says no price."""


@dataclass(frozen=True, slots=True)
class Step:
    """All mailboxes that are renewed for the same number of years."""

    years: int
    count: int
    first: date
    """The first of the new expiries."""
    last: date
    net_cents: Cents


@dataclass(frozen=True, slots=True)
class Alignment:
    """What bringing all to the date means. Nothing of it is ordered."""

    target: date
    already: int
    """Mailboxes that are paid until then, or longer."""
    steps: Sequence[Step]
    left_out: Mapping[Obstacle, int]
    net_cents: Cents
    vat_cents: Cents
    gross_cents: Cents

    @property
    def count(self) -> int:
        return sum(step.count for step in self.steps)

    @property
    def first(self) -> date | None:
        return min((step.first for step in self.steps), default=None)

    @property
    def last(self) -> date | None:
        return max((step.last for step in self.steps), default=None)


def align(groups: Sequence[ExpiringOn], prices: PriceList, target: date) -> Alignment:
    """Return what it takes that each mailbox is paid until `target` at least, by one renewal.

    Terms are whole years and an expiry keeps its day (domain.md C13, C16): so all can be paid until a date,
    and then expire within the year after it, each on its own day; never all on the same day. At the list
    price, each as it is. Source: lessons.md L7.
    """
    already, wanted = 0, list[tuple[ExpiringOn, Choice]]()
    left_out: dict[Obstacle, int] = {}
    for group in groups:
        years = years_to(group.expires_on, target)
        if not years:
            already += group.count
            continue
        chosen = first_choice(group.choice, prices.conventions)
        obstacle = _obstacle(chosen, years, prices)
        if obstacle is None:
            wanted.append((group, replace(chosen, years=years)))
        else:
            left_out[obstacle] = left_out.get(obstacle, 0) + group.count
    total = quote([(choice, group.count) for group, choice in wanted], prices, day=prices.day)
    return Alignment(
        target=target,
        already=already,
        steps=[_step(years, wanted, prices) for years in sorted({choice.years for _, choice in wanted})],
        left_out=left_out,
        net_cents=total.net_cents,
        vat_cents=total.vat_cents,
        gross_cents=total.gross_cents,
    )


def years_to(expires_on: date, target: date) -> int:
    """Return the fewest whole years after which the mailbox expires on `target` or later."""
    years = max(0, target.year - expires_on.year)
    return years + 1 if _after(expires_on, years) < target else years


def farthest_target(today: date) -> date:
    """Return the last date that can be asked for."""
    return new_expiry(today, FARTHEST_YEARS)


def _after(expires_on: date, years: int) -> date:
    return new_expiry(expires_on, years) if years else expires_on


def _obstacle(chosen: Choice, years: int, prices: PriceList) -> Obstacle | None:
    try:
        offered = terms_for(chosen, prices)
    except (PriceMissing, PlanNotOffered, ConventionNotPayable):
        return Obstacle.PRICE
    if years in offered:
        return None
    return Obstacle.CONVENTION if chosen.convention else Obstacle.TERM


def _step(years: int, wanted: Sequence[tuple[ExpiringOn, Choice]], prices: PriceList) -> Step:
    these = [(group, choice) for group, choice in wanted if choice.years == years]
    ends = [new_expiry(group.expires_on, years) for group, _ in these]
    return Step(
        years=years,
        count=sum(group.count for group, _ in these),
        first=min(ends),
        last=max(ends),
        net_cents=quote([(choice, group.count) for group, choice in these], prices, day=prices.day).net_cents,
    )
