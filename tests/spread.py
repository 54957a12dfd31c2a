"""Which tests run on both kinds of database, and which on one: half of them on each, always the same half."""

from __future__ import annotations

import os
from zlib import crc32

import pytest

from tests.databases import KINDS

every_database = pytest.mark.every_database
"""For what rests on locks, transactions or the order of two writers: `pytestmark = every_database`."""


def left_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests to leave out, so that each runs once unless marked; `make both` wants them all."""
    if os.environ.get("PORTAL_DATABASES") == "both":
        return []
    twins: dict[str, list[pytest.Item]] = {}
    for item in items:
        kind = getattr(item, "callspec", None) and item.callspec.params.get("database_url")
        if kind in KINDS and not item.get_closest_marker("every_database"):
            twins.setdefault(item.nodeid.replace(kind, ""), []).append(item)
    return [pair[crc32(name.encode()) % 2] for name, pair in twins.items() if len(pair) == len(KINDS)]
