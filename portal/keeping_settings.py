"""How long things about customers are kept, and under which keys, read with the other settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SHORTEST_HISTORY_DAYS, LONGEST_HISTORY_DAYS = 180, 3650
LONGEST_DOCUMENT_DAYS = 730
SHORTEST_WORK_DAYS = 30
SHORTEST_KEY = 32


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept how long."""

    history_days: int = 730
    """How long it is known who did what from where."""
    document_days: int = 90
    """How long identity documents stay after they were sent."""
    sessions_days: int = 30
    """How long after its end it is known that somebody had signed in: for a customer who asks who it was."""
    work_days: int = 60
    """How long finished work and the clock's turns stay: longer than any wake-up or retry lives."""
    document_keys: tuple[str, ...] = field(default=(), repr=False)
    """Documents are sealed with the first and opened with any; empty: the installation's secret key."""


def read_keeping(environ: Mapping[str, str]) -> Keeping:
    """Return PORTAL_HISTORY_DAYS and its like, and PORTAL_DOCUMENT_KEYS. Raises ValueError."""
    keys = tuple(key for key in environ.get("PORTAL_DOCUMENT_KEYS", "").replace(",", " ").split() if key)
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"PORTAL_DOCUMENT_KEYS: a key must have {SHORTEST_KEY} random characters")
    return Keeping(
        history_days=_days(environ, "PORTAL_HISTORY_DAYS", 730, SHORTEST_HISTORY_DAYS, LONGEST_HISTORY_DAYS),
        document_days=_days(environ, "PORTAL_DOCUMENT_DAYS", 90, 1, LONGEST_DOCUMENT_DAYS),
        sessions_days=_days(environ, "PORTAL_SESSIONS_DAYS", 30, 1, LONGEST_HISTORY_DAYS),
        work_days=_days(environ, "PORTAL_WORK_DAYS", 60, SHORTEST_WORK_DAYS, LONGEST_HISTORY_DAYS),
        document_keys=keys,
    )


def _days(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{name} must be {least} to {most} days, not {text!r}")
    return int(text)
