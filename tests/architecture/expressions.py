"""Every regular expression of our code, and how much work it makes of a text: steps that are counted.

The matcher walks as the standard library's does, back and forth over the parsed expression; what it cannot
walk is NotImplementedError, so that an expression of a new kind is taught here first.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from tests.architecture.sources import Source, python_sources

SEARCHING = {"search", "sub", "subn", "split", "findall", "finditer"}
ANCHORED = {"match", "fullmatch"}
PATIENCE = 50_000
CATEGORIES = {
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_SPACE: r"\s",
    ops.CATEGORY_NOT_SPACE: r"\S",
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_NOT_WORD: r"\W",
}
REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT}
LOCAL: dict[tuple[str, str], list[str]] = {
    ("portal.domain.billing", "f'[A-Z0-9]{{{length}}}'"): ["[A-Z0-9]{6}", "[A-Z0-9]{7}"],
    ("portal.domain.customers", "'[0-9]{5}' if country_code == ITALY else '[0-9A-Z][0-9A-Z -]*'"): [
        "[0-9]{5}",
        "[0-9A-Z][0-9A-Z -]*",
    ],
    ("portal.domain.billing", "pattern"): ["[A-Z0-9]{10}", "[A-Z][A-Z0-9]{14}"],
}
"""Expressions made where they are used, with all that they can be."""


@dataclass(frozen=True)
class Expression:
    """One expression: where it stands, and whether it is looked for everywhere in a text."""

    module: str
    pattern: str
    flags: int = 0
    searches: bool = False


class TooMuch(Exception):
    """More steps than anybody should wait for."""


def expressions() -> Iterator[Expression]:
    """Return every expression that is compiled or used in the portal and its workers."""
    for source in python_sources("portal", "workers"):
        if "re." in source.text or "Regexp(" in source.text:
            yield from expressions_of(source)


def expressions_of(source: Source) -> Iterator[Expression]:
    """Return the expressions of one file."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from _named(source, node.targets[0].id, node.value)
        elif isinstance(node, ast.Call):
            verb = _verb(node)
            if verb in SEARCHING | ANCHORED:
                yield from _made(source, node, searches=verb in SEARCHING)


def _named(source: Source, name: str, value: ast.expr) -> Iterator[Expression]:
    searches = any(f"{name}.{verb}(" in source.text for verb in SEARCHING)
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and _verb(node) in ("compile", "Regexp"):
            yield from _made(source, node, searches=searches)


def _made(source: Source, node: ast.Call, *, searches: bool) -> Iterator[Expression]:
    known = vars(importlib.import_module(source.module))
    flags = [argument for argument in node.args[1:] if isinstance(argument, ast.Attribute)]
    flags += [keyword.value for keyword in node.keywords if keyword.arg == "flags"]
    value = int(_value(flags[0], known)) if flags else 0
    try:
        patterns = [_value(node.args[0], known)]
    except NameError:
        patterns = LOCAL[source.module, ast.unparse(node.args[0])]
    for pattern in patterns:
        yield Expression(source.module, pattern, value, searches)


def _verb(node: ast.Call) -> str:
    """Return what is called of `re`, or `Regexp`; nothing for any other call."""
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return node.func.attr if node.func.value.id == "re" else ""
    return "Regexp" if isinstance(node.func, ast.Name) and node.func.id == "Regexp" else ""


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """Return what an argument is where its module is imported. Raises NameError where only a call knows."""
    return eval(compile(ast.Expression(node), "<expression>", "eval"), known)  # noqa: S307


def hostile_texts(expression: Expression, size: int) -> Iterator[str]:
    """Return texts that an expression nearly matches, each with one of its repetitions blown up."""
    tree = parser.parse(expression.pattern, expression.flags)
    for repeat in _repeats(tree):
        text = "".join(_sample(tree, repeat, size))
        yield from (text + end for end in ("", "\0", " ", "!", text[-1:] + "\0"))
        yield text[:size] + "\0" + text


def _repeats(tree: Any) -> Iterator[Any]:
    for code, about in tree:
        if code in REPEATS:
            yield about
            yield from _repeats(about[2])
        elif code is ops.SUBPATTERN:
            yield from _repeats(about[3])
        elif code is ops.BRANCH:
            for branch in about[1]:
                yield from _repeats(branch)


def _sample(tree: Any, blown_up: Any, size: int) -> Iterator[str]:
    """Return a text that the tree matches, as short as can be but for one repetition."""
    for code, about in tree:
        if code in REPEATS:
            least, most, inside = about
            times = min(size, most) if about is blown_up else max(least, 1)
            for _ in range(times):
                yield from _sample(inside, blown_up, size)
        elif code is ops.SUBPATTERN:
            yield from _sample(about[3], blown_up, size)
        elif code is ops.BRANCH:
            chosen = [branch for branch in about[1] if any(each is blown_up for each in _repeats(branch))]
            yield from _sample((chosen or about[1])[0], blown_up, size)
        elif code is not ops.AT:
            yield next(
                chr(point) for point in (97, 65, 48, *range(32, 1000)) if _fits(code, about, chr(point))
            )


def steps(expression: Expression, text: str) -> int:
    """Return how many characters are looked at until the text is matched whole, or searched through."""
    walker = _Walker(text)
    items = list(parser.parse(expression.pattern, expression.flags))
    if not expression.searches:
        walker.match(items, 0, walker.is_over)
        return walker.count
    place = 0
    while place <= len(text):
        walker.reached = place
        walker.match(items, place, walker.arrive)
        place = max(walker.reached, place + 1)
    return walker.count


class _Walker:
    """Matches a parsed expression by going on and going back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.count = 0
        self.reached = 0

    def arrive(self, place: int) -> bool:
        self.reached = place
        return True

    def is_over(self, place: int) -> bool:
        return place == len(self._text)

    def match(self, items: list[Any], place: int, then: Callable[[int], bool]) -> bool:
        if not items:
            return then(place)
        (code, about), rest = items[0], items[1:]

        def go_on(reached: int) -> bool:
            return self.match(rest, reached, then)

        if code in REPEATS:
            return self._repeat(about, place, go_on, 0)
        if code is ops.SUBPATTERN:
            return self.match(list(about[3]), place, go_on)
        if code is ops.BRANCH:
            return any(self.match(list(branch), place, go_on) for branch in about[1])
        if code is ops.AT:
            return (place == len(self._text)) is (about is not ops.AT_BEGINNING) and go_on(place)
        return self._one(code, about, place) and go_on(place + 1)

    def _repeat(self, about: Any, place: int, then: Callable[[int], bool], done: int) -> bool:
        least, most, inside = about

        def again(reached: int) -> bool:
            return (reached > place or done < least) and self._repeat(about, reached, then, done + 1)

        more = done < most and self.match(list(inside), place, again)
        return more or (done >= least and then(place))

    def _one(self, code: Any, about: Any, place: int) -> bool:
        self.count += 1
        if self.count > PATIENCE:
            raise TooMuch
        return place < len(self._text) and _fits(code, about, self._text[place])


def _fits(code: Any, about: Any, letter: str) -> bool:
    """Say whether one character is what one item asks for."""
    if code is ops.LITERAL:
        return chr(about) == letter
    if code is ops.NOT_LITERAL:
        return chr(about) != letter
    if code is ops.ANY:
        return letter != "\n"
    if code is ops.RANGE:
        return about[0] <= ord(letter) <= about[1]
    if code is ops.CATEGORY:
        return re.match(CATEGORIES[about], letter) is not None
    if code is ops.IN:
        is_negated = about[0][0] is ops.NEGATE
        return any(_fits(*item, letter) for item in about[is_negated:]) is not is_negated
    raise NotImplementedError(f"{code} in an expression: teach it to tests/architecture/expressions.py")
