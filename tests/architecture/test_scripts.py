"""What runs in the browser: the htmx that was checked, and nothing that is kept there (S28, S30)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

STATIC = ROOT / "portal" / "static"
VENDORED = STATIC / "vendor"
LIST = (VENDORED / "README.md").read_text(encoding="utf-8")
CHECKED = re.findall(r"^\| `([\w.]+\.js)` \|.*`([A-Za-z0-9+/=]{64})` \|$", LIST, re.M)
SCRIPTS = sorted(STATIC.rglob("*.js"))
KEPT = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.open|serviceWorker")
EVALS = re.compile(
    r"\beval\(|new Function\(|setTimeout\(\s*[\"'`]|innerHTML\s*=|insertAdjacentHTML|document\.write"
)
OURS = [path for path in SCRIPTS if path.parent == STATIC]


def sha384(path: Path) -> str:
    return base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def test_every_vendored_script_is_listed() -> None:
    assert {name for name, _ in CHECKED} == {path.name for path in VENDORED.glob("*.js")}


@pytest.mark.parametrize(("name", "digest"), CHECKED)
def test_a_vendored_script_is_the_one_that_was_checked(name: str, digest: str) -> None:
    assert sha384(VENDORED / name) == digest


def test_a_changed_script_is_found(tmp_path: Path) -> None:
    name, digest = CHECKED[0]
    changed = tmp_path / name
    changed.write_bytes((VENDORED / name).read_bytes() + b" ")

    assert sha384(changed) != digest


def test_htmx_runs_nothing_and_asks_nobody_else() -> None:
    base = (ROOT / "portal" / "templates" / "base.html").read_text(encoding="utf-8")
    found = re.search(r"name=\"htmx-config\" content='([^']+)'", base)
    assert found
    settings = json.loads(found[1])

    assert (settings["mode"], settings["history"], settings["includeIndicatorCSS"]) == (
        "same-origin",
        "reload",
        False,
    )
    assert not {"inlineScriptNonce", "extensions", "prefix"} & set(settings)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_nothing_is_kept_in_the_browser(path: Path) -> None:
    assert KEPT.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_scripts_make_no_code_of_texts(path: Path) -> None:
    assert EVALS.findall(path.read_text(encoding="utf-8")) == []
