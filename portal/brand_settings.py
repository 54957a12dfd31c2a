"""The operator's name, colour and logo, and how to reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.domain.colours import READABLE, WHITE, contrast, is_colour

LARGEST_LOGO = 20_000
"""Bytes: a page weighs twice as much at most."""
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture shown instead of the portal's own mark."""

    content: bytes
    mimetype: str


@dataclass(frozen=True)
class Brand:
    """The operator's name and how to reach it."""

    name: str = "Posta Sicura"
    support_email: str = "assistenza@postasicura.example"
    account_domain: str = "aruba.it"
    """Identifiers at this domain are accounts; anything else is a mailbox (domain.md 2.1)."""
    hosting_url: str = ""
    """Where mailboxes on a domain are renewed (domain.md 3.6); empty: no link."""
    colour: str = ""
    """The one colour of buttons, links and marks, like «#2348c4»; empty: the portal's own."""
    logo: Logo | None = None


def read_brand(environ: Mapping[str, str]) -> Brand:
    """Return the brand in PORTAL_* variables. Raises ValueError for what nobody could read or see."""
    return Brand(
        name=environ.get("PORTAL_BRAND", Brand.name),
        support_email=environ.get("PORTAL_SUPPORT_EMAIL", Brand.support_email),
        account_domain=environ.get("PORTAL_ACCOUNT_DOMAIN", Brand.account_domain).lower(),
        hosting_url=environ.get("PORTAL_HOSTING_URL", Brand.hosting_url),
        colour=_colour(environ.get("PORTAL_BRAND_COLOUR", "").strip().lower()),
        logo=_logo(environ.get("PORTAL_BRAND_LOGO", "").strip()),
    )


def _colour(text: str) -> str:
    """Return the colour, on which white letters must be readable."""
    if not text:
        return ""
    if not is_colour(text):
        raise ValueError(f"PORTAL_BRAND_COLOUR must be like #2348c4, not {text!r}")
    found = contrast(text, WHITE)
    if found < READABLE:
        raise ValueError(
            f"PORTAL_BRAND_COLOUR {text} is too light: white letters on it have a contrast of {found:.1f},"
            f" and need {READABLE} (WCAG 2.2 AA)"
        )
    return text


def _logo(path: str) -> Logo | None:
    if not path:
        return None
    mimetype = LOGO_TYPES.get(Path(path).suffix.lower())
    if mimetype is None:
        raise ValueError(f"PORTAL_BRAND_LOGO must end in one of {', '.join(LOGO_TYPES)}")
    try:
        content = Path(path).read_bytes()
    except OSError as failure:
        raise ValueError(f"PORTAL_BRAND_LOGO cannot be read: {path}") from failure
    if not 0 < len(content) <= LARGEST_LOGO:
        raise ValueError(f"PORTAL_BRAND_LOGO must have 1 to {LARGEST_LOGO} bytes, not {len(content)}")
    return Logo(content, mimetype)
