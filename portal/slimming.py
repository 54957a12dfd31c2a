"""Stylesheets and scripts as they travel: without what only their authors read."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TIGHTER = {mark: mark.strip() for mark in (" {", "{ ", " }", "} ", "; ", ": ", ", ")} | {";}": "}"}


def slim_css(text: str) -> str:
    """Return the rules on one line. They hold no text in which a space after a comma or colon matters."""
    rules = " ".join(filter(None, map(str.strip, _COMMENT.sub("", text).splitlines())))
    for written, short in _TIGHTER.items():
        rules = rules.replace(written, short)
    return rules


def slim_js(text: str) -> str:
    """Return the script without comments on lines of their own and without indents.

    No text of ours runs over lines.
    """
    lines = map(str.strip, text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"
