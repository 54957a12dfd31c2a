"""Photographs every page of the demo in its states, at three widths in both schemes, to be looked at.

`make pictures` takes all but the German pages; `python -m tools.pictures orders german` only these walks.
Sheets of many pictures are in `.cache/pictures/sheets`. At the end it names the pages that have no picture.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

from e2e.conftest import LAUNCH
from tests.servers.portal import DemoPortal
from tools import chromium
from tools.pictures import account, german, letters, orders, outside, renewals
from tools.pictures.album import Album, begin, make_sheets
from tools.pictures.routes import error_pages, pages_without_picture

WALKS: tuple[Callable[[Album], None], ...] = (
    outside.walk,
    account.walk,
    renewals.walk,
    orders.walk,
    letters.walk,
)
ON_REQUEST: tuple[Callable[[Album], None], ...] = (german.walk,)
"""Only when they are named: the same pages again, in other words."""


def main() -> int:
    """Walk through the demo in every part; return 1 when a walk broke off or a page has no picture."""
    asked = tuple(sys.argv[1:])
    begin(anew=not asked)
    found = chromium.find()
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = DemoPortal(Path(folder), host="localhost").start()
        demo.wait(seconds=180)
        browser = playwright.chromium.launch(
            executable_path=found.executable, args=LAUNCH, env={**os.environ, **found.environment}
        )
        album = Album(browser, demo)
        try:
            if not asked or "outside" in asked:
                outside.shoot_errors(album, error_pages(Path(folder), demo.url))
            for walk in _asked_for(asked):
                broken += _safely(walk, album)
            missing = [] if asked else pages_without_picture(Path(folder), demo.url, album.paths)
        finally:
            demo.stop()
    make_sheets()
    print("\n".join([*broken, *(f"no picture: {rule}" for rule in missing)]))
    return 1 if broken or missing else 0


def _asked_for(names: tuple[str, ...]) -> list[Callable[[Album], None]]:
    if not names:
        return list(WALKS)
    return [walk for walk in (*WALKS, *ON_REQUEST) if walk.__module__.endswith(names)]


def _safely(walk: Callable[[Album], None], album: Album) -> list[str]:
    """Walk; where it breaks off the other walks go on."""
    try:
        walk(album)
    except (AssertionError, Error, RuntimeError):
        traceback.print_exc()
        return [f"broke off: {walk.__module__}"]
    return []


if __name__ == "__main__":
    sys.exit(main())
