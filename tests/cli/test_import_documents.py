"""The pages about the files: they name every column, and their examples can be imported."""

from __future__ import annotations

import io
import re

import pytest

from portal.domain.customers import CustomerKind
from portal.domain.plans import SOLD_PLANS, Plan
from portal.domain.price_list import Item
from portal.usecases.imports import extras, prices, promotions, register
from portal.wiring import Services
from tests.registers import bring_in
from tests.servers.portal import ROOT


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def example(name: str) -> bytes:
    found = re.search(r"```csv\n(.*?)```", page(name), re.DOTALL)
    assert found is not None
    return found[1].encode()


def table(name: str) -> str:
    return "\n".join(line for line in page(name).splitlines() if line.startswith("| `"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("register.md", [*register.REQUIRED, *register.OPTIONAL, *Plan, *CustomerKind]),
        ("price-list.md", [*prices.REQUIRED, *prices.OPTIONAL, *Item]),
        ("promotions.md", [*promotions.REQUIRED, *promotions.OPTIONAL, *SOLD_PLANS]),
        ("extras.md", [*extras.REQUIRED, *extras.OPTIONAL]),
    ],
)
def test_every_column_and_choice_is_described(name: str, words: list[str]) -> None:
    assert [word for word in words if f"`{word}`" not in table(name)] == []


def test_the_example_register_can_be_imported(services: Services) -> None:
    assert bring_in(services, example("register.md")) == []


def test_the_example_price_list_can_be_imported(services: Services) -> None:
    with services.transaction() as session:
        done = prices.import_prices(session, io.BytesIO(example("price-list.md")), today=services.today())

    assert done.added == 3


def test_the_example_promotions_can_be_imported(services: Services) -> None:
    with services.transaction() as session:
        file = io.BytesIO(example("promotions.md"))
        done = promotions.import_promotions(session, file, today=services.today())

    assert done.added == 2


def test_the_example_extras_can_be_imported(services: Services) -> None:
    with services.transaction() as session:
        done = extras.import_extras(session, io.BytesIO(example("extras.md")), today=services.today())

    assert done.added == 1
