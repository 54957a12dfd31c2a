"""Reads templates and code as a translator would: which texts stand outside `_()`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

GETTEXT = frozenset({"_", "gettext", "ngettext", "pgettext", "lazy_gettext", "lazy_ngettext"})
READ_ALOUD = frozenset(
    {"alt", "aria-description", "aria-label", "aria-roledescription", "placeholder", "title"}
)
"""Attributes that people read or hear; and every `data-` one that a script may show."""
NOT_TEXT = frozenset({"style", "script", "code"})
NO_WORDS = frozenset({"icon", "page_class"})
"""Blocks of pages that hold the name of something."""
VALUE = "x "
"""Stands where an expression is written out: its texts are looked at on their own."""
SAID = frozenset({"flash", "ValidationError"})
"""Calls whose first value people read."""
NAMES = re.compile(
    r"\b(?:GB|MB|IBAN|PEC|CSV|PDF|SMS|QR|IVA|CIG|CUP|PayPal|SHA-256|SEPA|Standard|Pro|Premium)\b"
)
"""The same in every language."""
MARKS = re.compile(r"/[\w/-]+|[\w-]+=\"[^\"]*\"")
"""Addresses, and attributes that a condition tore apart."""
WORD = re.compile(r"[^\W\d_]{2,}")
_environment = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"])


def untranslated(template: str, *, is_html: bool = True) -> list[str]:
    """Return the texts of a template that no catalogue can reach."""
    tree = _environment.parse(template)
    laid_out = "".join(_laid_out(tree))
    texts = list(_read(laid_out)) if is_html else laid_out.splitlines()
    texts = [MARKS.sub("", text) for text in texts]
    texts += [said.value for said in _constants(tree) if _looks_like_words(said.value)]
    return [text.strip() for text in texts if is_text(text)]


def said_in_code(source: str) -> list[str]:
    """Return the texts that a module says to people without `gettext`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    said = [call.args[0] for call in calls if _name(call.func) in SAID and call.args]
    said += [
        word.value
        for call in calls
        for word in call.keywords
        if word.arg in ("message", "label", "description")
    ]
    plain = [node.value for node in said if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    pieced = ["f-string" for node in said if isinstance(node, ast.JoinedStr)]
    return [text for text in plain if is_text(text)] + pieced


def is_text(text: str) -> bool:
    return WORD.search(NAMES.sub("", text)) is not None


def _looks_like_words(text: str) -> bool:
    """Say whether a string of an expression is meant for people: a capital or an accent, or a sentence."""
    return re.search(r"^[A-ZÀ-Ù][a-zà-ù]|[à-ùÀ-Ù«»…]|[.:?!]$", text) is not None and "/" not in text


def _laid_out(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Output):
        yield from (part.data if isinstance(part, nodes.TemplateData) else VALUE for part in node.nodes)
    elif not (isinstance(node, nodes.Block) and node.name in NO_WORDS):
        for child in node.iter_child_nodes():
            yield from _laid_out(child)


def _constants(tree: nodes.Node) -> Iterator[nodes.Const]:
    """Give the strings of a template's expressions, except in gettext calls and comparisons."""
    for child in tree.iter_child_nodes():
        if (
            isinstance(child, nodes.Call)
            and isinstance(child.node, nodes.Name)
            and child.node.name in GETTEXT
        ):
            for keyword in child.kwargs:
                yield from _constants(keyword)
        elif isinstance(child, nodes.Const) and isinstance(child.value, str):
            yield child
        elif not isinstance(child, nodes.Compare | nodes.Test):
            yield from _constants(child)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _read(html: str) -> Iterator[str]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    yield from reader.found


class _Reader(HTMLParser):
    """Hears what a page says: its text, and the attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = [*self._inside, tag] if tag in NOT_TEXT else self._inside
        self.found += [value for name, value in attrs if value and name in READ_ALOUD]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside = self._inside[:-1]

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.found.append(data)
