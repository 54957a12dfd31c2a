"""What the rules pass around cannot be changed on the way."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import is_dataclass
from typing import Any

import pytest

import portal.domain
from portal.domain.errors import DomainError

MODULES = [
    importlib.import_module(f"portal.domain.{found.name}")
    for found in pkgutil.iter_modules(portal.domain.__path__)
]
VALUES: set[type[Any]] = {
    kind
    for module in MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind) and not issubclass(kind, DomainError)
}


@pytest.mark.parametrize("kind", sorted(VALUES, key=str))
def test_values_are_frozen_and_small(kind: Any) -> None:
    assert kind.__dataclass_params__.frozen
    assert hasattr(kind, "__slots__")


def test_there_are_values() -> None:
    assert len(VALUES) > 10
