"""The tests cannot reach another machine, whatever the code under test does."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.network import NetworkIsShut


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443))),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
        ("socket.sendto", (None, ("192.0.2.1", 53))),
        ("socket.getaddrinfo", ("api.example.com", 443, 0, 0, 0)),
        ("socket.getaddrinfo", (b"api.example.com", 443, 0, 0, 0)),
    ],
)
def test_another_machine_is_out_of_reach(event: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(NetworkIsShut):
        sys.audit(event, *arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("127.0.0.1", 5432))),
        ("socket.connect", (None, ("::1", 5432, 0, 0))),
        ("socket.connect", (None, "/run/postgresql/.s.PGSQL.5432")),
        ("socket.getaddrinfo", ("localhost", 25, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 25, 0, 0, 0)),
    ],
)
def test_this_machine_can_be_reached(event: str, arguments: tuple[Any, ...]) -> None:
    sys.audit(event, *arguments)
