"""What the tests of use cases share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.store.session import make_engine
from portal.wiring import Services
from tests import spread
from tests.databases import Databases


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run a test of a use case on one kind of database, half of them on each, unless it says otherwise."""
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    out = set(spread.left_out(ours))
    config.hook.pytest_deselected(items=list(out))
    items[:] = [item for item in items if item not in out]


@pytest.fixture
def apart(services: Services, databases: Databases) -> Iterator[Services]:
    """The same on a database of its own: what is dropped there is missed by no other test."""
    engine = make_engine(databases.migrated(services.engine.dialect.name))
    yield replace(services, engine=engine)
    engine.dispose()
