"""A real portal for each story, and the visitors' browsers: desktop and phone, each without scripts too."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, expect

from tests.card_numbers import card_numbers_in_folder
from tests.databases import migrate_once
from tests.servers.portal import DemoPortal
from tools import chromium

expect.set_options(timeout=15_000)
"""A machine that does much else at once is slow, not wrong."""

LAUNCH = [
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--font-render-hinting=none",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
"""No sandbox: the tests may run as root, and they visit their own portal alone."""

HABITS = {"locale": "it-IT", "timezone_id": "Europe/Rome", "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the Chromium that `make setup` found or fetched."""
    found = chromium.find()
    return {
        "executable_path": str(found.executable),
        "args": LAUNCH,
        "env": {**os.environ, **found.environment},
    }


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema: migrated once, not by every file's demo."""
    path = tmp_path_factory.mktemp("schema") / "portal.db"
    migrate_once(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[DemoPortal]:
    """The whole portal with fresh made-up data, one for each file of stories."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(empty_database, folder)
    portal = DemoPortal(folder).start()
    portal.wait()
    yield portal
    portal.stop()
    assert card_numbers_in_folder(folder) == [], "S41: no card number is left anywhere"


def visitor(playwright: Playwright, kind: str) -> dict[str, Any]:
    """Return how the browser of a kind of visitor is set up: desktop or phone; «plain» has no JavaScript."""
    kinds: dict[str, dict[str, Any]] = {
        "desktop": {"viewport": {"width": 1280, "height": 800}},
        "phone": {**playwright.devices["Pixel 7"], "viewport": {"width": 360, "height": 740}},
        "plain": {"viewport": {"width": 1280, "height": 800}, "java_script_enabled": False},
        "plain phone": {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False},
    }
    return {**kinds[kind], **HABITS}


@pytest.fixture
def new_page(
    new_context: Callable[..., BrowserContext], playwright: Playwright, demo: DemoPortal
) -> Iterator[Callable[[str], Page]]:
    """Open a page as a kind of visitor; the story fails when its console shows an error."""
    complaints: list[str] = []

    def open_as(kind: str) -> Page:
        page = new_context(base_url=demo.url, **visitor(playwright, kind)).new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_as
    assert complaints == []


def _complaint(message: ConsoleMessage) -> list[str]:
    """Return an error of the console, such as a breach of the content policy; a refused request is none."""
    is_refusal = message.text.startswith("Failed to load resource")
    return [f"{message.location}: {message.text}"] if message.type == "error" and not is_refusal else []


@pytest.fixture
def desktop(new_page: Callable[[str], Page]) -> Page:
    """A page of 1280 by 800."""
    return new_page("desktop")


@pytest.fixture
def phone(new_page: Callable[[str], Page]) -> Page:
    """A page on a small phone of 360 by 740, with touch."""
    return new_page("phone")


@pytest.fixture
def plain(new_page: Callable[[str], Page]) -> Page:
    """A page without JavaScript."""
    return new_page("plain")


EVERY_KIND = ["desktop", "phone", "plain", "plain phone"]
SPREAD_KINDS = ["phone", "plain"]
"""The two that differ most: half of the stories are told as the one, half as the other, always the same."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell a story that goes for every kind of visitor as one of them; `make e2e` tells it as all four."""
    if "any_page" in metafunc.fixturenames:
        told_as = SPREAD_KINDS[crc32(metafunc.function.__name__.encode()) % 2]
        every = os.environ.get("PORTAL_STORIES") == "every"
        metafunc.parametrize("any_page", EVERY_KIND if every else [told_as], indirect=True)


@pytest.fixture
def any_page(request: pytest.FixtureRequest, new_page: Callable[[str], Page]) -> Page:
    """A page of a kind of visitor that the story does not choose."""
    return new_page(request.param)


@pytest.fixture
def pictures() -> Path | None:
    """The folder for pictures of pages, when PORTAL_PICTURES names one."""
    folder = os.environ.get("PORTAL_PICTURES")
    return Path(folder) if folder else None
