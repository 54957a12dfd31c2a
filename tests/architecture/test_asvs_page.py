"""docs/asvs.md has every requirement of OWASP ASVS 5.0 levels 1 and 2 once, with tests or a reason (S55)."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.architecture.pages import FULL, missing, rows
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
ROWS = rows(PAGE, r"\d+\.\d+\.\d+")
LEVEL_1 = """
1.2.1-5 1.3.1-2 1.5.1 2.1.1 2.2.1-2 2.3.1 3.2.1-2 3.3.1 3.4.1-2 3.5.1-3 4.1.1 4.4.1 5.2.1-2 5.3.1-2
6.1.1 6.2.1-8 6.3.1-2 6.4.1-2 7.2.1-4 7.4.1-2 8.1.1 8.2.1-2 8.3.1 9.1.1-3 9.2.1 10.4.1-5 11.3.1-2 11.4.1
12.1.1 12.2.1-2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
"""
LEVEL_2 = """
1.1.1-2 1.2.6-9 1.3.3-11 1.4.1-3 1.5.2 2.1.2-3 2.2.3 2.3.2-4 2.4.1 3.3.2-4 3.4.3-6 3.5.4-5 3.7.1-2
4.1.2-3 4.2.1 4.3.1-2 4.4.2-4 5.1.1 5.2.3 5.4.1-3 6.1.2-3 6.2.9-12 6.3.3-4 6.4.3-4 6.5.1-5 6.6.1-3
6.8.1-4 7.1.1-3 7.3.1-2 7.4.3-5 7.5.1-2 7.6.1-2 8.1.2 8.2.3 8.4.1 9.2.2-4 10.1.1-2 10.2.1-2 10.3.1-4
10.4.6-11 10.5.1-5 10.6.1-2 10.7.1-3 11.1.1-2 11.2.1-3 11.3.3 11.4.2-4 11.5.1 11.6.1 12.1.2-3 12.3.1-4
13.1.1 13.2.1-5 13.3.1-2 13.4.2-5 14.1.1-2 14.2.2-4 14.3.2-3 15.1.2-3 15.2.2-3 15.3.2-7 16.1.1 16.2.1-5
16.3.1-4 16.4.1-3 16.5.1-3 17.1.1 17.2.1-4 17.3.1-2
"""
REASONS = re.compile(r"does not apply: \S|by construction: \S|written in docs/|not held(?: in full)?: \S")


def numbers(text: str) -> list[str]:
    """Return each number of such a list: `1.2.1-3` is three of them."""
    found = []
    for part in text.split():
        section, _, places = part.rpartition(".")
        first, _, last = places.partition("-")
        found += [f"{section}.{place}" for place in range(int(first), int(last or first) + 1)]
    return found


@pytest.mark.parametrize(("level", "text", "count"), [("L1", LEVEL_1, 70), ("L2", LEVEL_2, 183)])
def test_every_requirement_is_there_once(level: str, text: str, count: int) -> None:
    expected = numbers(text)

    assert len(expected) == count
    assert Counter(row[0] for row in ROWS if row[1] == level) == Counter(expected)


def test_each_has_a_test_or_a_reason() -> None:
    assert [row[0] for row in ROWS if not FULL.search(row[3]) and not REASONS.match(row[3])] == []


def test_every_test_on_the_page_exists() -> None:
    named = FULL.findall(PAGE)

    assert len(named) == PAGE.count("::test_")
    assert missing(named) == []


def test_what_is_written_somewhere_is_there() -> None:
    assert [page for page in re.findall(r"docs/[\w-]+\.md", PAGE) if not (ROOT / page).is_file()] == []


def test_a_test_that_does_not_exist_is_found() -> None:
    here = "tests/architecture/test_asvs_page.py"

    assert missing([(here, "test_each_has_a_test_or_a_reason")]) == []
    assert missing([(here, "test_that"), ("tests/nowhere.py", "test_that")]) == [
        f"{here}::test_that",
        "tests/nowhere.py::test_that",
    ]
