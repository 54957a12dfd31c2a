"""docs/security.md names tests that exist, and says of every protection which test holds it."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| S")]
FILE = re.compile(r"([\w/]+\.py): ((?:`\w+`(?:, )?)+)")


def named_tests(cell: str) -> list[tuple[str, str]]:
    return [(file, name) for file, names in FILE.findall(cell) for name in re.findall(r"`(\w+)`", names)]


def test_every_protection_names_a_test() -> None:
    assert len(ROWS) > 25
    assert [row[0] for row in ROWS if not named_tests(row[2])] == []
    assert sum(len(named_tests(row[2])) for row in ROWS) == len(re.findall(r"`test_\w+`", PAGE))


def test_every_test_on_the_page_exists() -> None:
    missing = []
    for row in ROWS:
        for file, name in named_tests(row[2]):
            path = ROOT / (file if "/" in file else f"tests/blueprints/{file}")
            if not path.exists() or f"def {name}(" not in path.read_text(encoding="utf-8"):
                missing.append(f"{file}: {name}")

    assert missing == []
