"""The glossary does not drift: whatever it calls by an identifier is called so in the code."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.sources import ROOT, python_sources

GLOSSARY = (
    ast.get_docstring(ast.parse((ROOT / "portal/domain/__init__.py").read_text(encoding="utf-8"))) or ""
)
IDENTIFIERS = sorted(set(re.findall(r"`([a-z_]+)`", GLOSSARY)))
CODE = "\n".join(source.text for source in python_sources("portal") if source.module != "portal.domain")


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_a_word_of_the_glossary_is_used(identifier: str) -> None:
    assert re.search(rf"\b{identifier}\b", CODE)


def test_the_glossary_was_read() -> None:
    assert {"suspended", "due_cents", "bank_transfer"} <= set(IDENTIFIERS)
