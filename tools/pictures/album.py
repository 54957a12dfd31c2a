"""An album of a demo's pages: each state at three widths in both colour schemes, and sheets of many."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.servers.portal import DemoPortal

FOLDER = Path(".cache/pictures")
SHEETS = FOLDER / "sheets"
SIZES = (360, 768, 1280)
SCHEMES = ("light", "dark")
TALLEST = 12_000
"""Pixels; what is longer is cut, for no browser draws it."""
SHEET = (1560, 1500)
"""What can be looked at in one go."""
_DRAWN_TWICE = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SCALES = {"360": 0.85, "640": 0.6, "768": 0.5, "1280": 0.5}


@dataclass
class Album:
    """Takes pictures, and remembers of which pages."""

    browser: Browser
    demo: DemoPortal
    sizes: Sequence[int] = SIZES
    schemes: Sequence[str] = SCHEMES
    paths: set[str] = field(default_factory=set)
    """The paths of what was photographed."""

    def visitor(self, **habits: object) -> BrowserContext:
        """Return a browser that nobody has used yet."""
        own = {"locale": "it-IT", "timezone_id": "Europe/Rome", "reduced_motion": "reduce", **habits}
        return self.browser.new_context(base_url=self.demo.url, **own)  # type: ignore[arg-type]

    def shoot(self, page: Page, name: str) -> None:
        """Keep the page as it stands, at each width and in each scheme."""
        self.paths.add(urlsplit(page.url).path)
        for scheme in self.schemes:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width in self.sizes:
                path = FOLDER / f"{name}-{width}-{scheme}.png"
                try:
                    _take(page, path, width)
                except Error:  # it was just leading on to another page
                    page.wait_for_timeout(1_000)
                    _take(page, path, width)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})

    def visit(self, page: Page, places: Mapping[str, str]) -> None:
        """Go to each place and photograph it under its name."""
        for name, path in places.items():
            page.goto(path)
            self.shoot(page, name)


def _take(page: Page, path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for _ in range(2):  # what was far below is measured once it was drawn
        height: int = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(max(800, height), TALLEST)})
    page.evaluate(
        "Promise.all([document.fonts.ready, ...[...document.images].map(it => it.decode().catch(() => 0))])"
    )
    page.evaluate(_DRAWN_TWICE)
    page.screenshot(path=path)


def begin(*, anew: bool) -> None:
    """Throw the pictures of before away, if all are taken anew."""
    if anew:
        shutil.rmtree(FOLDER, ignore_errors=True)
    SHEETS.mkdir(parents=True, exist_ok=True)


def make_sheets() -> None:
    """Put many pictures of one width and scheme on each sheet, and write down which is where."""
    kinds = {f"{width}-{scheme}": scale for width, scale in SCALES.items() for scheme in SCHEMES}
    for kind, scale in {**kinds, "text": SCALES["640"]}.items():
        for number, sheet in enumerate(_sheets(sorted(FOLDER.glob(f"*-{kind}.png")), scale)):
            sheet.save(SHEETS / f"{kind}-{number:02}.png")


def _sheets(paths: Iterable[Path], scale: float) -> Iterator[Image.Image]:
    """Yield sheets with columns of pictures; a long one goes on in the next column."""
    width, parts = 0, []
    for path in paths:
        picture = Image.open(path).convert("RGB")
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        width = picture.width
        pieces = math.ceil(picture.height / SHEET[1])
        parts += [
            picture.crop((0, SHEET[1] * piece, width, min(SHEET[1] * (piece + 1), picture.height)))
            for piece in range(pieces)
        ]
    columns = max(1, SHEET[0] // (width + 12)) if width else 1
    yield from _filled(parts, columns, width)


def _filled(parts: list[Image.Image], columns: int, width: int) -> Iterator[Image.Image]:
    sheet, column, top = None, 0, 0
    for part in parts:
        if sheet is not None and top + part.height > SHEET[1]:
            column, top = column + 1, 0
        if sheet is None or column == columns:
            if sheet is not None:
                yield sheet
            sheet, column, top = Image.new("RGB", (columns * (width + 12), SHEET[1]), "#c05"), 0, 0
        sheet.paste(part, (column * (width + 12), top))
        top += part.height + 12
    if sheet is not None:
        yield sheet
