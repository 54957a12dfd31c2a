"""Photographs of whole pages, small enough to be kept in the repository, and how much two of them differ."""

from __future__ import annotations

import io

from PIL import Image, ImageChops
from playwright.sync_api import Page

SCALE = 4
"""A kept photograph has a quarter of the page's width: what edges are smoothed like no longer shows."""
UNSEEN = 24
"""How far a colour may be off, of 255, before a dot counts as another one."""


def photograph(page: Page, part: str, *, width: int, scheme: str) -> Image.Image:
    """Return a part of the page from top to bottom, so wide, in a colour scheme, at a quarter."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.fonts.ready")
    height: int = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, 800)})
    taken = page.locator(part).screenshot(animations="disabled", caret="hide")
    return small(Image.open(io.BytesIO(taken)))


def small(picture: Image.Image) -> Image.Image:
    """Return the picture as it is kept: a quarter of its size."""
    size = (picture.width // SCALE, picture.height // SCALE)
    return picture.convert("RGB").resize(size, Image.Resampling.BOX)


def difference(kept: Image.Image, taken: Image.Image) -> float:
    """Return the share of dots that differ visibly, 1 where even the sizes do."""
    if kept.size != taken.size:
        return 1.0
    off = ImageChops.difference(kept.convert("RGB"), taken.convert("RGB"))
    channels = [band.point(lambda value: 255 if value > UNSEEN else 0) for band in off.split()]
    seen = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    return seen.histogram()[255] / (seen.width * seen.height)
