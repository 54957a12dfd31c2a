"""Reads the pages that say which test holds what: which tests they name, and which of those do not exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache

from tests.architecture.sources import ROOT

FULL = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
LISTED = re.compile(r"([\w/]+\.py): ((?:`\w+`(?:, )?)+)")


def rows(page: str, first: str) -> list[list[str]]:
    """Return the cells of each line of the tables whose first cell fits the pattern."""
    lines = [line.strip().strip("|").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines if re.fullmatch(first, line[0].strip())]


def named_in(cell: str) -> list[tuple[str, str]]:
    """Return the tests of a cell like "test_home.py: `test_a`"; no folder means tests/blueprints."""
    return [
        (file if "/" in file else f"tests/blueprints/{file}", name)
        for file, names in LISTED.findall(cell)
        for name in re.findall(r"`(test_\w+)`", names)
    ]


def missing(named: Iterable[tuple[str, str]]) -> list[str]:
    """Return the tests that are not where they are said to be."""
    return sorted({f"{file}::{name}" for file, name in named if name not in tests_of(file)})


@cache
def tests_of(file: str) -> frozenset[str]:
    """Return the names of the tests of a file, read and not imported."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
