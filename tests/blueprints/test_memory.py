"""R27: a web process does not grow with the requests it has answered; `make soak` asks fifty thousand."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import pytest
from flask import Flask

from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.people import PASSWORD, People

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARMING, ASKED = 60, 120
BLOCKS_A_REQUEST = 2
"""What lies between noise and one small object kept for each request: a name and its place are three."""
MANY = 50_000


def ask(app: Flask, services: Services, people: People) -> Iterator[int]:
    """Ask for pages and parts, for what is not there, and sign in wrongly, again and again."""
    browser = Browser(app).enter(services, people.owner.subject)
    token = browser.token()
    asked = [
        lambda: browser.get("/caselle"),
        lambda: browser.get("/caselle?cerca=rossi", headers=HTMX),
        lambda: browser.get(f"/caselle/{people.owner.address}"),
        lambda: browser.get("/ordini"),
        lambda: browser.get("/non-esiste"),
        lambda: browser.post("/profilo/dati/intestatario/1", {"street": "x"}, token=token),
        lambda: browser.post("/accedi", {"identifier": "x@aruba.it", "password": PASSWORD}, token="wrong"),
    ]
    for each in cycle(asked):
        yield each().status_code


@contextmanager
def nobody_collecting_the_log() -> Iterator[None]:
    """Let log lines go: the test runner would keep each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])
        yield


@nobody_collecting_the_log()
def growth(requests: Iterator[int]) -> float:
    """Return how many blocks of memory are in use more, for each request, once all is warm."""
    for _ in islice(requests, WARMING):
        pass
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in islice(requests, ASKED):
        pass
    gc.collect()
    return (sys.getallocatedblocks() - before) / ASKED


def test_r27_memory_does_not_grow_with_the_requests(app: Flask, services: Services, people: People) -> None:
    assert growth(ask(app, services, people)) < BLOCKS_A_REQUEST


def test_r27_a_list_that_nobody_empties_is_found(app: Flask, services: Services, people: People) -> None:
    kept: list[list[str]] = []
    app.after_request(lambda response: (kept.append([str(len(kept)), response.status]), response)[1])
    assert growth(ask(app, services, people)) > BLOCKS_A_REQUEST


@pytest.mark.soak
@nobody_collecting_the_log()
def test_r27_fifty_thousand_requests(app: Flask, services: Services, people: People) -> None:
    requests = ask(app, services, people)
    for _ in islice(requests, MANY // 10):
        pass
    before = resident()
    for _ in islice(requests, MANY):
        pass

    assert resident() < before * 1.1


def resident() -> int:
    """Return how many bytes of this process are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
