"""A promotional price: for which plans and terms it is, and until when, which is a true end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from portal.domain.money import Cents
from portal.domain.plans import Plan

PROMOTION_TERMS = frozenset({1, 2})
"""Years for which a promotional price is given when nothing else is said. Source: domain.md C13, 8.5."""
PAYABLE_AFTER_END = timedelta(days=30)
"""How long after the end an order at the promotional price can still be paid. Source: domain.md 5 (3)."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a plan costs net per year from one day to another, both included, for some terms.

    Whoever wants another term pays the list price: the promotion takes nothing away. Source: domain.md 8.5.
    """

    code: str
    plans: frozenset[Plan]
    yearly_cents: Cents
    valid_from: date
    valid_to: date
    terms: frozenset[int] = PROMOTION_TERMS
    first_year_only: bool = False
    """Whether the years after the first cost the list price."""

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to

    def overlaps(self, other: Promotion) -> bool:
        """Say whether on some day a plan would have two promotional prices."""
        first, second = sorted([self, other], key=lambda promotion: promotion.valid_from)
        return bool(self.plans & other.plans) and first.in_force_on(second.valid_from)


def overlapping(promotions: Iterable[Promotion]) -> list[tuple[Promotion, Promotion]]:
    """Return the pairs that would give some plan two prices on some day, the earlier first."""
    ordered = sorted(promotions, key=lambda promotion: promotion.valid_from)
    return [(first, second) for first, second in combinations(ordered, 2) if first.overlaps(second)]
