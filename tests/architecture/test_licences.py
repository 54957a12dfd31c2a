"""What the portal is made of may be used, and every piece is locked by its hash (S52)."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import ROOT
from tools.licences import UNKNOWN, licences_of_lock, locked_names

FORBIDDEN = re.compile(
    r"AGPL|Affero|(?<!L)GPL(?!-linking)|(?<!Lesser )General Public|SSPL|BUSL|Proprietary|Commons"
)
"""Licences that would reach into our own code, or that forbid a use."""


def is_forbidden(licence: str) -> bool:
    return licence == UNKNOWN or FORBIDDEN.search(licence) is not None


def test_every_package_in_use_may_be_used() -> None:
    found = licences_of_lock()

    assert {name: licence for name, licence in found.items() if is_forbidden(licence)} == {}
    assert len(found) > 60


@pytest.mark.parametrize(
    ("licence", "forbidden"),
    [
        ("MIT", False),
        ("LGPL-3.0-only", False),
        ("GNU Lesser General Public License v3 or later (LGPLv3+)", False),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("Mozilla Public License 2.0 (MPL 2.0)", False),
        ("GPL-3.0-or-later", True),
        ("GNU General Public License v2 (GPLv2)", True),
        ("AGPL-3.0-only", True),
        ("GNU Affero General Public License v3", True),
        ("SSPL-1.0", True),
        ("BUSL-1.1", True),
        ("Apache-2.0 WITH Commons-Clause", True),
        (UNKNOWN, True),
    ],
)
def test_a_licence_that_reaches_too_far_is_found(licence: str, forbidden: bool) -> None:
    assert is_forbidden(licence) is forbidden


@pytest.mark.parametrize("name", ["run.txt", "test.txt", "browser.txt", "lock.txt", "supply.txt"])
def test_every_locked_package_has_its_hashes(name: str) -> None:
    path = ROOT / "requirements" / name
    entries = re.split(r"(?m)^(?=[a-z0-9])", path.read_text(encoding="utf-8"))

    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)
    assert len(locked_names(path)) == len([entry for entry in entries if "==" in entry]) > 0
