"""Papers that say what there is are true of the code: tables, uses of cryptography, events of the log."""

from __future__ import annotations

import ast
import re
from collections import Counter

from portal.domain.history import Deed
from portal.store import every_table
from tests.architecture.sources import ROOT, Source, python_sources

CRYPTOGRAPHY = re.compile(
    r"(argon2|cryptography|hashlib|hmac|itsdangerous|pyotp|secrets|ssl|webauthn)(?!\.errors|\.exceptions)\b"
)
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def quoted(text: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


def test_every_table_is_in_one_class_of_data() -> None:
    rows = [
        line
        for line in page("data.md").splitlines()
        if re.match(r"\| (secret|special|personal|public) \|", line)
    ]
    named = Counter(word for row in rows for word in quoted(row) if re.fullmatch(r"[a-z_]+", word))

    assert len(rows) == 4
    assert named == Counter(table.name for table in every_table().tables.values())


def test_every_use_of_cryptography_is_in_the_inventory() -> None:
    used = {source.module for source in python_sources("portal", "workers") if uses_cryptography(source)}
    named = {
        word for word in quoted(page("cryptography.md")) if re.fullmatch(r"(portal|workers)[.\w]+", word)
    }

    assert named == used


def uses_cryptography(source: Source) -> bool:
    return any(CRYPTOGRAPHY.match(name) for name in source.imports())


def test_every_event_of_the_log_is_in_the_inventory() -> None:
    rows = [line for line in page("logs.md").splitlines() if line.startswith("| `")]
    named = Counter(word for row in rows for word in quoted(row.split(" | ")[0]))
    written = {event for source in python_sources("portal", "workers") for event in events_of(source)}

    assert named == Counter(written)


def events_of(source: Source) -> set[str]:
    """Return the events that a file writes: the first words of each call of its `log`."""
    return {
        str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else f"?? {ast.unparse(node)}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    }


def test_every_deed_of_the_history_is_in_the_inventory() -> None:
    listed = page("logs.md").partition("**Deeds of the history**: ")[2]

    assert re.findall(r"\w+", listed) == [*Deed]


def test_what_no_paper_knows_is_found() -> None:
    planted = Source("portal.planted", "import hmac\nlog.warning('somebody_new', who=1)\nlog.info(words)\n")

    assert uses_cryptography(planted)
    assert not uses_cryptography(Source("portal.planted", "import json\nimport secretsauce\n"))
    assert events_of(planted) == {"somebody_new", "?? log.info(words)"}
