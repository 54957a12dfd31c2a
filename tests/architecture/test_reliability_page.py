"""docs/reliability.md names tests that exist, and every fault of money that the code names is on it."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| R")]
FILE = re.compile(r"(tests/[\w/]+\.py): ((?:`\w+`(?:, )?)+)")
NAMES = re.compile(r"`(test_\w+)`")


def test_every_fault_names_a_test() -> None:
    faults = [row.split(" | ")[0].strip("| ") for row in ROWS]

    assert faults == [f"R{number:02}" for number in (*range(1, 8), *range(28, 32))]
    assert [row for row in ROWS if not NAMES.findall(row)] == []


def test_every_test_on_the_page_exists() -> None:
    named = [(file, name) for file, names in FILE.findall(PAGE) for name in NAMES.findall(names)]

    assert len(named) == len(NAMES.findall(PAGE))
    missing = [
        f"{file}: {name}"
        for file, name in named
        if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []
