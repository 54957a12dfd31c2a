"""S54: no regular expression of ours hangs: twice the hostile text is about twice the work."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.architecture.expressions import Expression, TooMuch, expressions, hostile_texts, steps

FOUND = list(dict.fromkeys(expressions()))
SIZE = 60
MOST_GROWTH = 2.6
"""Work that doubles with the text, and something for what stays the same; with its square it is fourfold."""


@pytest.fixture(autouse=True)
def _deep_enough() -> Iterator[None]:
    """A text of a hundred characters is matched some hundreds of calls deep."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def growth(expression: Expression) -> float:
    """Return how much more work the worst of the hostile texts is when all are twice as long."""
    pairs = zip(hostile_texts(expression, SIZE), hostile_texts(expression, 2 * SIZE), strict=True)
    ratios = [steps(expression, longer) / max(1, steps(expression, short)) for short, longer in pairs]
    return max(ratios, default=1.0)


def test_our_expressions_are_found() -> None:
    assert len(FOUND) >= 45
    assert {each.module for each in FOUND} >= {
        "portal.domain.customers",
        "portal.forms.mailboxes",
        "portal.logs",
    }


@pytest.mark.parametrize("expression", FOUND, ids=lambda each: f"{each.module}: {each.pattern[:40]}")
def test_twice_the_text_is_twice_the_work(expression: Expression) -> None:
    assert growth(expression) <= MOST_GROWTH


@pytest.mark.parametrize(
    ("pattern", "searches"),
    [
        (r"(a+)+b", False),
        (r"(?:[a-z0-9]|[a-z]b?)*!", False),
        (r"[a-z]*[a-z]*-", False),
        (r"(?:\w+\.?)+@", False),
        (r"\s+x", True),
        (r"[0-9]*[,.]", True),
    ],
)
def test_an_expression_that_hangs_is_found(pattern: str, *, searches: bool) -> None:
    hanging = Expression("", pattern, searches=searches)
    try:
        found = growth(hanging)
    except TooMuch:
        return
    assert found > MOST_GROWTH
