"""docs/security.md says of each protection, S01 to S55, which existing tests hold it, or why none does."""

from __future__ import annotations

import re

from tests.architecture.pages import missing, named_in, rows
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = rows(PAGE, r"S\d\d(?:, S\d\d)*")
REASON = re.compile(r"(?:does not apply|not held): \w")


def test_every_protection_is_there_once() -> None:
    assert sorted(", ".join(row[0] for row in ROWS).split(", ")) == [f"S{n:02}" for n in range(1, 56)]


def test_every_protection_names_a_test_or_a_reason() -> None:
    assert [row[0] for row in ROWS if not named_in(row[2]) and not REASON.match(row[2])] == []
    assert sum(len(named_in(row[2])) for row in ROWS) == len(re.findall(r"`test_\w+`", PAGE))


def test_every_test_on_the_page_exists() -> None:
    assert missing(test for row in ROWS for test in named_in(row[2])) == []
