"""Conventions with professional bodies: who pays, and the fixed plan, term and price of a renewal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType

from portal.domain.money import Cents
from portal.domain.plans import Plan


class Payer(StrEnum):
    """Who pays for the renewal of a mailbox in a convention."""

    MEMBER = "member"
    BODY = "body"


class ConventionStanding(StrEnum):
    """How the convention of a mailbox stands on a day: in force, by its payer, or not in force."""

    MEMBER_PAYS = "member"
    BODY_PAYS = "body"
    NOT_IN_FORCE = "not_in_force"
    """Over, not begun, or unknown to us: nobody here can say what a renewal costs."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A mailbox's place in a convention: what its pages say about it."""

    code: str
    body: str | None
    """The body's name, as far as any row of the code tells it."""
    standing: ConventionStanding


@dataclass(frozen=True, slots=True)
class Convention:
    """What was agreed with a body from one day to another, both included.

    `total_net_cents` is for the whole term, never for a year. Source: domain.md 8.6, C14.
    """

    code: str
    body: str
    """The name of the body, as members read it."""
    payer: Payer
    plan: Plan
    term_years: int
    total_net_cents: Cents
    valid_from: date
    valid_to: date | None = None

    @property
    def standing(self) -> ConventionStanding:
        """Return how mailboxes in it stand while it is in force."""
        return ConventionStanding(self.payer.value)

    @property
    def terms_agreed(self) -> tuple[Payer, Plan, int, Cents]:
        """Return what never changes once it has begun."""
        return self.payer, self.plan, self.term_years, self.total_net_cents

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: Convention) -> bool:
        """Say whether some day has both rows of one code."""
        first, second = sorted([self, other], key=lambda row: row.valid_from)
        return first.code == second.code and first.in_force_on(second.valid_from)


def conventions_on(rows: Iterable[Convention], day: date) -> Mapping[str, Convention]:
    """Return what is in force on a day, by code; where two rows overlap, the one that began later."""
    in_force = sorted((row for row in rows if row.in_force_on(day)), key=lambda row: row.valid_from)
    return MappingProxyType({row.code: row for row in in_force})


def overlapping(rows: Iterable[Convention]) -> list[tuple[Convention, Convention]]:
    """Return the pairs of rows of one code that are both in force on some day, the earlier first."""
    ordered = sorted(rows, key=lambda row: (row.code, row.valid_from))
    return [(first, second) for first, second in combinations(ordered, 2) if first.overlaps(second)]


def standing_of(code: str | None, in_force: Mapping[str, Convention]) -> ConventionStanding | None:
    """Return how a mailbox's convention stands, None for a mailbox without one. Source: domain.md 8.6."""
    if code is None:
        return None
    return in_force[code].standing if code in in_force else ConventionStanding.NOT_IN_FORCE
