"""What every test can ask for: a database of each kind, a clock that stands still, the services on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from portal.settings import Settings, read_settings
from portal.store.session import make_engine
from portal.wiring import Services, build_services
from tests.databases import KINDS, Databases
from tests.servers.smtp import SmtpSink


class Clock:
    """The time in a test: it stands still until the test moves it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        """Put it at an aware instant."""
        self._now = now.astimezone(UTC)

    def forward(self, **amount: float) -> datetime:
        """Move it by `days=`, `hours=`, `minutes=` or `seconds=`; return the new instant."""
        self._now += timedelta(**amount)
        return self._now


@pytest.fixture
def clock() -> Clock:
    """Tuesday 24 November 2026, ten in the morning in Rome."""
    return Clock(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The source of databases, for tests that want several or one that lasts longer than a test."""
    source = Databases()
    yield source
    source.remove()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """The address of an empty migrated database: the test runs on SQLite and on PostgreSQL."""
    return databases.emptied(request.param)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The portal's own engine on an empty migrated database; its waits outlast a busy machine."""
    made = make_engine(database_url, pool_timeout=60, lock_timeout_ms=60_000)
    yield made
    made.dispose()


@pytest.fixture
def environment(database_url: str, smtp_sink: SmtpSink, tmp_path: Path) -> dict[str, str]:
    """The PORTAL_* variables of an installation under test; processes of the portal take them as they are."""
    return {
        "PORTAL_SECRET_KEY": "a secret key for the tests and for nothing else",
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_DATA": str(tmp_path),
        "PORTAL_URL": "http://localhost",
        "PORTAL_SECURE_COOKIES": "no",
        "PORTAL_SMTP_PORT": str(smtp_sink.port),
        "PORTAL_SMTP_TIMEOUT_SECONDS": "5",
        "PORTAL_BANK_IBAN": "IT60X0542811101000000123456",
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """Settings read as an operator would have written them."""
    return read_settings(environment)


@pytest.fixture
def services(settings: Settings, engine: Engine, clock: Clock) -> Services:
    """The real services on an empty database, at the clock's time."""
    return replace(build_services(settings, clock=clock), engine=engine)
