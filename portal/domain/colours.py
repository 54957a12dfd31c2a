"""Whether people can read colours: contrast, mixing, and the shades that follow from one of a brand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

READABLE = 4.5
"""The least contrast of text. Source: WCAG 2.2, 1.4.3."""
READABLE_IN_THE_DARK = 7.0
"""Of links on dark pages, as bright as the stylesheet's own. Source: WCAG 2.2, 1.4.6."""
SEEN = 3.0
"""The least contrast of what one presses to what is around it. Source: WCAG 2.2, 1.4.11."""
OWN_COLOUR = "#2348c4"
"""The portal's, where the operator has none; the stylesheet's `--brand`, by test."""
WHITE, DARK_SURFACE = "#ffffff", "#161d28"
"""What the pages stand on, light and dark; the stylesheet's `--surface`, by test."""
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 80


@dataclass(frozen=True, slots=True)
class Shades:
    """What the stylesheet derives from a brand's colour: pairs are light and dark."""

    fill: tuple[str, str]
    """What bears white letters, and stands out from the dark pages too."""
    fill_pressed: tuple[str, str]
    text: tuple[str, str]
    soft: tuple[str, str]


def is_colour(text: str) -> bool:
    """Say whether the text is a colour like «#2348c4», in small letters."""
    return _HEX.fullmatch(text) is not None


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, from 1 to 21. Source: WCAG 2.2, «contrast ratio»."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(first: str, second: str, share: float) -> str:
    """Return the colour that is `share` (0 to 1) of the second and the rest of the first."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def shades_of(colour: str) -> Shades:
    """Return the shades of a colour that bears white letters; all their pairs are readable."""
    soft = (mix(colour, WHITE, 0.92), mix(colour, DARK_SURFACE, 0.78))
    in_the_dark = _moved(colour, WHITE, (DARK_SURFACE,), SEEN)
    return Shades(
        fill=(colour, in_the_dark),
        fill_pressed=(mix(colour, "#000000", 0.18), mix(in_the_dark, "#000000", 0.18)),
        text=(
            _moved(colour, "#000000", (WHITE, soft[0]), READABLE),
            _moved(colour, WHITE, (DARK_SURFACE, soft[1]), READABLE_IN_THE_DARK),
        ),
        soft=soft,
    )


def _moved(colour: str, towards: str, grounds: Iterable[str], least: float) -> str:
    """Return the colour moved towards another until its contrast to each ground is enough, no further."""
    steps = (mix(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(shade for shade in steps if all(contrast(shade, ground) >= least for ground in grounds))


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
