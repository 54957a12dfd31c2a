"""The pages look as they did: photographs of each component in each state, and of main pages, are compared.

The browser and its fonts are the packaged ones and the typeface is the portal's own, so a page is drawn
alike everywhere. After a change that is meant, `make looks` keeps new photographs; look at them one by one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from e2e.photographs import difference, photograph
from e2e.steps import ACCOUNT, press, sign_in
from tests.servers.portal import DemoPortal
from tools import chromium

KEPT = Path(__file__).parent / "kept"
FAILED = Path("test-results") / "looks"
PERMITTED = 0.001
"""The share of dots that may differ: one letter less in a page of text is more."""
FRAMED = {"/componenti": "body"}
"""Where head and foot are in the picture too; elsewhere they would make every page's picture new."""
BEGUN = "gare@contiesoci.pec.example"
"""The mailbox whose renewal is begun, for «Piano»."""
DAY = date(2026, 11, 26)
PAGES = {
    "componenti": "/componenti",
    "caselle": "/caselle?cerca=ar",
    "casella": "/caselle/direzione@contiesoci.pec.example",
}

pytestmark = pytest.mark.skipif(
    not chromium.is_fetched() or "PORTAL_TEST_CHROMIUM" in os.environ,
    reason="pictures are compared in the packaged browser only: run make setup",
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoPortal]:
    """A demo on a day of its own, so that its pages are the same every day."""
    portal = DemoPortal(tmp_path_factory.mktemp("demo"), on=DAY).start()
    portal.wait(seconds=150)
    yield portal
    portal.stop()


def test_pages_look_as_they_were_kept(desktop: Page) -> None:
    sign_in(desktop, ACCOUNT)
    desktop.goto(f"/caselle/{BEGUN}/rinnova")
    press(desktop, "Continua")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Scegli il piano")
    found = [
        problem
        for name, path in {**PAGES, "piano": desktop.url}.items()
        for width in (360, 1280)
        for scheme in ("light", "dark")
        for problem in _compared(desktop, path, f"{name}-{width}-{scheme}", width, scheme)
    ]

    assert found == []


def _compared(page: Page, path: str, name: str, width: int, scheme: str) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    taken = photograph(page, FRAMED.get(path, "main"), width=width, scheme=scheme)
    kept = KEPT / f"{name}.webp"
    if os.environ.get("PORTAL_KEEP_LOOKS"):
        taken.save(kept, lossless=True, quality=100, method=6)
        return []
    share = difference(Image.open(kept), taken) if kept.exists() else 1.0
    if share <= PERMITTED:
        return []
    FAILED.mkdir(parents=True, exist_ok=True)
    taken.save(FAILED / f"{name}.png")
    return [f"{name}: {share:.2%} of it is different; see {FAILED / name}.png beside {kept}"]


def test_a_letter_less_is_seen() -> None:
    """The negative control: two pictures that differ by one word are told apart, and by a shade are not."""
    page = Image.new("RGB", (320, 800), "#ffffff")
    other = page.copy()
    ImageDraw.Draw(other).rectangle((40, 100, 64, 116), fill="#162033")
    shade = Image.new("RGB", (320, 800), "#f4f4f6")

    assert difference(page, other) > PERMITTED
    assert difference(page, shade) == 0
    assert difference(page, page.resize((320, 801))) == 1
