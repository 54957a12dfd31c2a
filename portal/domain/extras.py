"""What is offered once beside a renewal, by the operator's own list: the signature kit and its like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.money import Cents

MOST_PIECES = 999
"""How many pieces of one extra an order can hold."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Something bought by the piece and paid once, whatever the term. Source: domain.md 3.5, 8.2."""

    code: str
    name_it: str
    name_en: str
    net_cents: Cents
    valid_from: date
    valid_to: date | None = None
    description_it: str = ""
    description_en: str = ""
    name_de: str = ""
    description_de: str = ""

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: Extra) -> bool:
        """Say whether on some day this extra would be offered twice."""
        first, second = sorted([self, other], key=lambda extra: extra.valid_from)
        return first.code == second.code and first.in_force_on(second.valid_from)

    def name(self, language: str) -> str:
        """Return its name for people who read that language, else in Italian."""
        return said_in(language, it=self.name_it, en=self.name_en, de=self.name_de)

    def description(self, language: str) -> str:
        """Return what it is, for people who read that language, else in Italian."""
        return said_in(language, it=self.description_it, en=self.description_en, de=self.description_de)


def said_in(language: str, **words: str) -> str:
    """Return the words for people who read that language, the Italian ones where it has none."""
    return words.get(language) or words["it"]
