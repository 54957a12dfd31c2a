"""A photo or a scan, decoded whole and drawn anew: nothing of the file but its picture goes on."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.domain.documents import (
    LARGEST_PIXELS,
    SMALLEST_SIDE,
    CleanDocument,
    DocumentKind,
    DocumentProblem,
    DocumentRefused,
    Format,
)

LONGEST_SIDE = 3508
"""Pixels: a page of A4 at 300 dots an inch."""
QUALITY = 85
MOST_SCANS = 200
"""Times that a JPEG may go over its picture: encoders take some ten, each costs as much as a whole one."""
_SCAN = b"\xff\xda"
UNREADABLE = (OSError, SyntaxError, ValueError, UnidentifiedImageError, EOFError, IndexError, KeyError)
"""What the library raises for files that only look like pictures."""


def clean_image(data: bytes, form: Format) -> CleanDocument:
    """Return the picture as a new JPEG without EXIF, comments, profiles or anything behind its end.

    Raises DocumentRefused.
    """
    if form is Format.JPEG and data.count(_SCAN) > MOST_SCANS:
        raise DocumentRefused(DocumentProblem.BROKEN)
    try:
        with Image.open(BytesIO(data), formats=[form.value.upper()]) as image:
            _check(image)
            picture = _flat(ImageOps.exif_transpose(image))
    except UNREADABLE as failure:
        raise DocumentRefused(DocumentProblem.BROKEN) from failure
    except Image.DecompressionBombError as failure:
        raise DocumentRefused(DocumentProblem.TOO_MANY_PIXELS) from failure
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    written = BytesIO()
    picture.save(written, "JPEG", quality=QUALITY)
    return CleanDocument(DocumentKind.JPEG, written.getvalue(), 1)


def _check(image: Image.Image) -> None:
    """Look at what the header says before anything is decoded."""
    width, height = image.size
    if width * height > LARGEST_PIXELS:
        raise DocumentRefused(DocumentProblem.TOO_MANY_PIXELS)
    if min(width, height) < SMALLEST_SIDE:
        raise DocumentRefused(DocumentProblem.TOO_SMALL)


def _flat(image: Image.Image) -> Image.Image:
    """Return the first picture in plain colours, on white where it was transparent."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGB", seen.size, "white")
        white.paste(seen, mask=seen.getchannel("A"))
        return white
    if image.mode.startswith("I"):  # a scan in 65,536 greys
        image = image.convert("I").point(lambda grey: grey / 256).convert("L")
    plain = image.convert("RGB")
    plain.info.clear()
    return plain
