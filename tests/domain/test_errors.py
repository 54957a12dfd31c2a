"""Refusals carry their facts, and pass through a `with` unharmed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.domain import errors
from portal.domain.errors import DomainError, NotFound, OrderNumberInvalid, PriceChanged

REFUSALS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DomainError) and kind is not DomainError
]


@contextmanager
def transaction() -> Iterator[None]:
    yield


def test_a_refusal_carries_its_facts() -> None:
    refusal = PriceChanged(shown_cents=610, actual_cents=1208)

    assert (refusal.shown_cents, refusal.actual_cents) == (610, 1208)
    assert str(refusal) == "PriceChanged(shown_cents=610, actual_cents=1208)"


@pytest.mark.parametrize("kind", REFUSALS)
def test_each_refusal_passes_through_a_transaction(kind: type[DomainError]) -> None:
    refusal = kind(*["fact"] * len(inspect.signature(kind).parameters))

    with pytest.raises(DomainError) as caught, transaction():
        raise refusal

    assert caught.value is refusal


@pytest.mark.parametrize("kind", REFUSALS)
def test_each_refusal_says_when_it_is_given(kind: type[DomainError]) -> None:
    assert kind.__doc__
    assert not kind.__doc__.startswith(kind.__name__)  # what dataclasses write by themselves


def test_equal_facts_are_still_two_refusals() -> None:
    assert OrderNumberInvalid("x") != OrderNumberInvalid("x")
    assert len({NotFound(), NotFound()}) == 2
