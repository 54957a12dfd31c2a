"""What tests and stories share: the network is shut, and real servers of other makers can be asked for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from tests import network
from tests.servers.smtp import SmtpSink
from tests.servers.valkey import ValkeyServer

network.shut()
set_hypothesis_home_dir(Path(__file__).parent / ".cache" / "hypothesis")
hypothesis.settings.register_profile("portal", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("portal")
gc.set_threshold(100_000, 50, 100)
"""Tests make and drop whole applications: looking for cycles at every turn is a fifth of their time."""


def pytest_collection_finish() -> None:
    """What is imported by now stays until the end: nobody has to look through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def _smtp() -> Iterator[SmtpSink]:
    sink = SmtpSink().start()
    yield sink
    sink.stop()


@pytest.fixture
def smtp_sink(_smtp: SmtpSink) -> SmtpSink:
    """A real mail server, empty and willing; `behave(Script(…))` makes it difficult."""
    _smtp.clear()
    return _smtp


@pytest.fixture(scope="session")
def _valkey() -> Iterator[ValkeyServer]:
    server = ValkeyServer().start()
    yield server
    server.remove()


@pytest.fixture
def redis_url(_valkey: ValkeyServer) -> str:
    """The address of a real server of Redis' protocol, empty."""
    _valkey.flush()
    return _valkey.url


@pytest.fixture
def new_valkey() -> Iterator[Callable[[], ValkeyServer]]:
    """Start a server of this test's own, which it may kill and start again."""
    made: list[ValkeyServer] = []

    def start() -> ValkeyServer:
        made.append(ValkeyServer(durable=True).start())
        return made[-1]

    yield start
    for server in made:
        server.remove()
