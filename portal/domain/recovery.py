"""How somebody who has forgotten gets in again. Source: domain.md 2.3, hardening.md S22."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

LINK_LASTS = timedelta(hours=1)
LINKS_A_DAY = 5
"""Mails that one way in, or one address, gets within a day, whoever asks for them."""
LISTED_NAMES = 20
"""How many names one reminder lists."""


class Forgotten(StrEnum):
    """What was forgotten."""

    PASSWORD = "password"
    USERNAME = "username"


def same_code(typed: str, stored: str) -> bool:
    """Say whether a tax code or VAT number is the one we know, as people write it; none is like none."""
    return bool(stored) and _bare(typed) == _bare(stored)


def _bare(code: str) -> str:
    bare = re.sub(r"[\s.\-]", "", code).upper()
    return bare.removeprefix("IT") if re.fullmatch(r"IT\d{11}", bare) else bare
