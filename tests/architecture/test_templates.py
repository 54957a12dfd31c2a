"""Templates: nothing inline that the content policy forbids, nothing unescaped, pages of a good size."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, lines_with, templates

LONGEST_PAGE = 120
LONGEST_MACROS = 200
CATALOGUE = "demo/components.html"
"""Shows every component in every state to whoever builds pages: a list, however long."""

FORBIDDEN = {
    "an inline style": r"\sstyle\s*=",
    "an inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "a style element": r"<style\b",
    "javascript: in a link": r"javascript:",
    "unescaped output": r"\|\s*safe\b|autoescape\s+false|Markup\(",
    "hx-on or hx-vals with code": r"\shx-on|hx-vals\s*=\s*[\"']js:",
    "an address of another machine": r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//",
}

PAGES = [path for path in templates() if path.suffix == ".html"]
MAILS = ROOT / "portal" / "templates" / "mail"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "portal" / "templates"))


def offences(text: str, *, mail: bool = False) -> list[str]:
    """Return what stands in a template against the rules, with its line.

    Mails may hold a style element (made inline when they are rendered) and links to the portal.
    """
    found = []
    for what, pattern in FORBIDDEN.items():
        if mail and what in {"a style element", "an inline style", "an address of another machine"}:
            continue
        found += [f"line {line}: {what}" for line in lines_with(pattern, without_comments(text))]
    return found


def without_comments(text: str) -> str:
    """Blank out the comments, keeping the numbers of the lines."""
    return re.sub(r"{#.*?#}", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_template_holds_nothing_forbidden(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8"), mail=path.is_relative_to(MAILS)) == []


@pytest.mark.parametrize("path", [path for path in PAGES if name(path) != CATALOGUE], ids=name)
def test_a_page_fits_in_the_head(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")

    assert lines <= (LONGEST_MACROS if path.parent.name == "macros" else LONGEST_PAGE)


@pytest.mark.parametrize("path", [path for path in PAGES if path.name.startswith("_")], ids=name)
def test_a_part_says_first_which_values_it_needs(path: Path) -> None:
    assert path.read_text(encoding="utf-8").lstrip().startswith("{#")


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color: red">',
        '<a href="/" onclick="go()">',
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        "{{ name|safe }}",
        '<img src="https://example.com/x.png">',
    ],
)
def test_a_planted_offence_is_caught(text: str) -> None:
    assert offences(text)
