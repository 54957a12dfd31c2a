"""Which orders money without a sure number might be for, and why: proposals for a person, never a match."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.money import Cents
from portal.domain.order_numbers import LENGTH, find_order_numbers

MOST_PROPOSED = 5
SHORTEST_WORD = 3
LARGEST_DISTANCE = 2
LOOKED_AT = 200
"""Letters of the text in which a mistyped number is looked for."""


class ProposalReason(StrEnum):
    """What speaks for an order; the first weighs most."""

    NUMBER = "number"
    DECLARED = "declared"
    SIMILAR_NUMBER = "similar_number"
    AMOUNT = "amount"
    NAME = "name"


_WEIGHTS = {
    ProposalReason.NUMBER: 16,
    ProposalReason.DECLARED: 8,
    ProposalReason.SIMILAR_NUMBER: 6,
    ProposalReason.AMOUNT: 2,
    ProposalReason.NAME: 3,
}


@dataclass(frozen=True, slots=True)
class Unclear:
    """What is known of the money."""

    amount_cents: Cents
    text: str
    payer: str
    references: Sequence[str]


@dataclass(frozen=True, slots=True)
class Possible:
    """What is known of an order that might be meant."""

    number: str
    due_cents: Cents
    holder: str
    declared_reference: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order and what speaks for it."""

    order: Possible
    reasons: Sequence[ProposalReason]


def propose(money: Unclear, orders: Iterable[Possible]) -> list[Proposal]:
    """Return up to five orders the money might be for, the likeliest first.

    An equal amount alone is no reason to name one of many who owe the same: it counts only where nothing
    better is there and one order has it. Source: lessons.md 1 (25), L10.
    """
    found = [Proposal(order, reasons) for order in orders if (reasons := _reasons(money, order))]
    better = [proposal for proposal in found if list(proposal.reasons) != [ProposalReason.AMOUNT]]
    chosen = better or (found if len(found) == 1 else [])
    return sorted(chosen, key=_weight, reverse=True)[:MOST_PROPOSED]


def _weight(proposal: Proposal) -> int:
    return sum(_WEIGHTS[reason] for reason in proposal.reasons)


def _reasons(money: Unclear, order: Possible) -> list[ProposalReason]:
    told = {
        ProposalReason.NUMBER: order.number in find_order_numbers(money.text),
        ProposalReason.DECLARED: bool(order.declared_reference) and _is_declared(money, order),
        ProposalReason.SIMILAR_NUMBER: _is_nearly_written(order.number, money.text),
        ProposalReason.AMOUNT: order.due_cents == money.amount_cents,
        ProposalReason.NAME: _is_named(order.holder, f"{money.payer} {money.text}"),
    }
    if told[ProposalReason.NUMBER]:
        told[ProposalReason.SIMILAR_NUMBER] = False
    return [reason for reason, holds in told.items() if holds]


def _is_declared(money: Unclear, order: Possible) -> bool:
    known = [_compact(reference) for reference in money.references]
    return order.declared_reference in known or order.declared_reference in _compact(money.text)


def _is_nearly_written(number: str, text: str) -> bool:
    letters = _compact(text)[:LOOKED_AT]
    windows = (letters[start : start + LENGTH] for start in range(len(letters) - LENGTH + 1))
    return any(
        sum(left != right for left, right in zip(number, window, strict=True)) <= LARGEST_DISTANCE
        for window in windows
    )


def _is_named(holder: str, text: str) -> bool:
    """Say whether every longer word of the holder's name stands in the text."""
    wanted = {word for word in _words(holder) if len(word) >= SHORTEST_WORD}
    return bool(wanted) and wanted <= set(_words(text))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.upper())
    kept = "".join(
        letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter)
    )
    return kept.split()


def _compact(text: str) -> str:
    return "".join(filter(str.isalnum, text.upper()))
