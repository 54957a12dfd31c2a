"""What the tests of use cases share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal.store.session import make_engine
from portal.wiring import Services
from tests.databases import Databases


@pytest.fixture
def apart(services: Services, databases: Databases) -> Iterator[Services]:
    """The same on a database of its own: what is dropped there is missed by no other test."""
    engine = make_engine(databases.migrated(services.engine.dialect.name))
    yield replace(services, engine=engine)
    engine.dispose()
