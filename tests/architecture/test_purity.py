"""What may stand in one place only, or nowhere: the clock, commit, floats, broad excepts, vague names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import pytest

from tests.architecture.sources import Source, python_sources

SOURCES = python_sources("portal", "workers")

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "stuff", "base_utils"}
LONGEST_FILE = 300
CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "datetime.datetime.now",
    "datetime.date.today",
}
MONEY = re.compile(r"portal\.(store|usecases)\b|portal\.domain\.(money|pricing|vat|orders|payments|credit)\b")
"""Where amounts are worked with: no float and no true division may stand there."""


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for such an expression, and nothing for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def calls(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func)


def reads_the_clock(source: Source) -> bool:
    return any(name in CLOCK for name in calls(source))


def commits(source: Source) -> bool:
    return any(name.split(".")[-1] == "commit" for name in calls(source))


def has_a_float(source: Source) -> bool:
    """Say whether floats appear: a literal, the type, or a true division."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            return True
        if isinstance(node, ast.Name) and node.id in {"float", "Float"}:
            return True
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            return True
    return False


def catches_everything(source: Source) -> bool:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds):
                return True
    return False


def is_vague(source: Source) -> bool:
    return source.module.split(".")[-1] in VAGUE


def is_undocumented(source: Source) -> bool:
    return not ast.get_docstring(source.tree)


def is_too_long(source: Source) -> bool:
    return source.text.count("\n") > LONGEST_FILE


def names(found: list[Source]) -> list[str]:
    return [source.module for source in found]


def test_the_clock_is_read_in_wiring_alone() -> None:
    assert names(list(filter(reads_the_clock, SOURCES))) == ["portal.wiring"]


def test_commit_stands_in_the_session_module_alone() -> None:
    assert names(list(filter(commits, SOURCES))) == ["portal.store.session"]


def test_money_never_becomes_a_float() -> None:
    assert names([source for source in SOURCES if MONEY.match(source.module) and has_a_float(source)]) == []


@pytest.mark.parametrize("rule", [catches_everything, is_vague, is_undocumented, is_too_long])
def test_no_file_breaks(rule: Callable[[Source], bool]) -> None:
    assert names(list(filter(rule, SOURCES))) == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (reads_the_clock, "from datetime import date\nx = date.today()"),
        (reads_the_clock, "import datetime\nx = datetime.datetime.now(datetime.UTC)"),
        (commits, "def save(session):\n    session.commit()"),
        (has_a_float, "price = 12.2"),
        (has_a_float, "price = float(text)"),
        (has_a_float, "half = cents / 2"),
        (catches_everything, "try:\n    x()\nexcept Exception:\n    pass"),
        (catches_everything, "try:\n    x()\nexcept (ValueError, BaseException):\n    pass"),
        (catches_everything, "try:\n    x()\nexcept:\n    pass"),
        (is_undocumented, "x = 1"),
        (is_too_long, "x = 1\n" * 301),
    ],
)
def test_a_planted_offence_is_caught(rule: Callable[[Source], bool], text: str) -> None:
    assert rule(Source("portal.usecases.planted", text))


def test_a_vague_name_is_caught() -> None:
    assert is_vague(Source("portal.store.utils", ""))
