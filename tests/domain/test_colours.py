"""Readable colours: contrast as WCAG counts it, and shades that are readable whatever the brand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.colours import (
    DARK_SURFACE,
    OWN_COLOUR,
    READABLE,
    SEEN,
    WHITE,
    contrast,
    is_colour,
    mix,
    shades_of,
)

STYLESHEET = Path(__file__).parents[2] / "portal" / "static" / "portal.css"


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#ffffff", 1),
        ("#767676", "#ffffff", 4.54),
        ("#ffffff", "#0000ff", 8.59),
    ],
)
def test_contrast_is_as_wcag_counts_it(first: str, second: str, ratio: float) -> None:
    assert contrast(first, second) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("text", ["", "blue", "#12345", "#1234567", "2348c4", "#2348C4", "#2348c4;}"])
def test_only_six_small_hexadecimal_digits_are_a_colour(text: str) -> None:
    assert not is_colour(text)


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True).filter(lambda it: contrast(it, WHITE) >= READABLE))
def test_every_shade_of_a_permitted_colour_is_readable(colour: str) -> None:
    shades = shades_of(colour)

    for fill in (*shades.fill, *shades.fill_pressed):
        assert contrast(WHITE, fill) >= READABLE
    for fill, surface in zip(shades.fill, (WHITE, DARK_SURFACE), strict=True):
        assert contrast(fill, surface) >= SEEN
    for text, soft, surface in zip(shades.text, shades.soft, (WHITE, DARK_SURFACE), strict=True):
        assert contrast(text, soft) >= READABLE
        assert contrast(text, surface) >= READABLE


def test_the_surfaces_are_the_stylesheets() -> None:
    rules = STYLESHEET.read_text(encoding="utf-8")
    found = re.search(r"--surface: light-dark\(#fff, (#\w+)\)", rules)

    assert found is not None
    assert (mix(WHITE, WHITE, 0), found[1]) == (WHITE, DARK_SURFACE)
    assert f"--brand: light-dark({OWN_COLOUR}, " in rules
