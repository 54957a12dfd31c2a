"""What travels of stylesheets and scripts says what their authors wrote."""

from __future__ import annotations

import re

import pytest

from portal.slimming import slim_css, slim_js
from portal.web import STATIC

RULES = (STATIC / "portal.css").read_text(encoding="utf-8")


def words(rules: str) -> str:
    """Return what a browser reads of the rules: no comments, no blanks, no last semicolons."""
    return re.sub(r"\s+|/\*.*?\*/", "", rules, flags=re.DOTALL).replace(";}", "}")


def test_every_rule_is_there_and_nothing_else() -> None:
    assert words(slim_css(RULES)) == words(RULES)
    assert len(slim_css(RULES)) < len(RULES) * 0.9


def test_blanks_that_say_something_stay() -> None:
    written = """.a .b > .c:not(.d) { margin: calc(1px + 2px) -1px; }
        @media not (scripting: enabled) and (min-width: 4rem) { .e :focus { inset: 0 auto; } }"""

    assert slim_css(written) == (
        ".a .b > .c:not(.d){margin:calc(1px + 2px) -1px}"
        "@media not (scripting:enabled) and (min-width:4rem){.e :focus{inset:0 auto}}"
    )


@pytest.mark.parametrize("name", ["portal.js", "passkeys.js"])
def test_every_line_of_a_script_is_there(name: str) -> None:
    written = (STATIC / name).read_text(encoding="utf-8")
    lines = [line.strip() for line in written.splitlines()]

    assert slim_js(written).splitlines() == [line for line in lines if line and not line.startswith("//")]
