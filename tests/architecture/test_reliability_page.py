"""docs/reliability.md says of each fault, R01 to R32, which existing tests hold what must be, or why none."""

from __future__ import annotations

import re

from tests.architecture.pages import missing, named_in, rows
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
ROWS = rows(PAGE, r"R\d\d")


def test_every_fault_is_there_once() -> None:
    assert [row[0] for row in ROWS] == [f"R{number:02}" for number in range(1, 33)]


def test_every_fault_names_a_test_or_a_reason() -> None:
    assert [row[0] for row in ROWS if not named_in(row[2]) and "not held: " not in row[2]] == []
    assert sum(len(named_in(row[2])) for row in ROWS) == len(re.findall(r"`test_\w+`", PAGE))


def test_every_test_on_the_page_exists() -> None:
    assert missing(test for row in ROWS for test in named_in(row[2])) == []
