"""`portal demo` as a real process: it starts, lets its people in, keeps others out, and stops cleanly."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from portal.cli.demo_data import clear
from portal.demo.register import ACCOUNT, CONVENTION_MAILBOX, PASSWORD, SINGLE_MAILBOX
from tests.servers.portal import ROOT, DemoPortal
from tests.servers.processes import free_port


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo keeps its data."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[DemoPortal]:
    """One demo for all of these tests."""
    portal = DemoPortal(folder)
    portal.start()
    portal.wait()
    yield portal
    if portal.is_running():
        portal.stop()


def signed_in(demo: DemoPortal, identifier: str) -> tuple[OpenerDirector, str]:
    """Sign in as people do; return the browser and the address it was led to."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{demo.url}/accedi").read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    fields = {"csrf_token": token[1], "identifier": identifier, "password": PASSWORD}
    answer = browser.open(f"{demo.url}/accedi", urlencode(fields).encode())
    return browser, answer.url.removeprefix(demo.url)


def begun_beside(folder: Path, port: int) -> tuple[int, str]:
    """Start a second demo that should give up; return its exit code and what it said."""
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "PORTAL_DATA": str(folder)}
    command = [sys.executable, "-c", "from portal.cli import main; main()", "demo"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def test_it_says_where_to_go(demo: DemoPortal) -> None:
    for text in (demo.url, "/demo/posta", PASSWORD, ACCOUNT, SINGLE_MAILBOX, CONVENTION_MAILBOX, "inventati"):
        assert text in demo.log


@pytest.mark.parametrize(
    ("identifier", "address"),
    [
        (ACCOUNT, "/"),
        (SINGLE_MAILBOX, f"/caselle/{SINGLE_MAILBOX}"),
        (CONVENTION_MAILBOX, f"/caselle/{CONVENTION_MAILBOX}"),
    ],
)
def test_each_sign_in_works(demo: DemoPortal, identifier: str, address: str) -> None:
    _, arrived_at = signed_in(demo, identifier)

    assert arrived_at == address


def test_the_operator_works_on_the_demo_s_data(demo: DemoPortal, folder: Path) -> None:
    assert "premium" in demo.operator("prices")

    said = demo.operator("import", "mailboxes", str(folder / "registro-di-prova.csv"))

    assert said == "Caselle nuove: 0, cambiate: 0, invariate: 51.\n"


def test_a_port_that_is_taken_is_told_before_any_data_is_made(demo: DemoPortal, tmp_path: Path) -> None:
    code, said = begun_beside(tmp_path, demo.port)

    assert (code, said.splitlines()[0].startswith(f"La porta {demo.port} è occupata")) == (2, True)
    assert not (tmp_path / "portal.db").exists()


def test_one_folder_has_one_demo(demo: DemoPortal, folder: Path) -> None:
    code, said = begun_beside(folder, free_port())

    assert (code, "lavora già un'altra dimostrazione" in said) == (1, True)


def test_it_stops_cleanly_and_starts_again_with_its_data(demo: DemoPortal) -> None:
    browser, _ = signed_in(demo, ACCOUNT)

    assert demo.stop() == 0
    assert demo.log.endswith("Fermato.\n")
    demo.start()
    demo.wait()

    assert browser.open(f"{demo.url}/caselle").url == f"{demo.url}/caselle"
    assert demo.log.count("account con 48 caselle") == 2
    assert "Traceback" not in demo.log


def test_starting_afresh_removes_only_what_the_demo_made(tmp_path: Path) -> None:
    for name in ("portal.db", "portal.db-wal", "secret.key", "tesi.odt"):
        (tmp_path / name).touch()
    (tmp_path / "posta").mkdir()
    (tmp_path / "posta" / "000001.eml").touch()

    clear(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["tesi.odt"]
