"""The group: every command is where it says it is, and loads no more than it needs."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from portal.cli.main import COMMANDS, main
from portal.wiring import Services
from tests.servers.portal import ROOT


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_found_under_its_own_name(name: str) -> None:
    command = main.get_command(click.Context(main), name)

    assert command is not None
    assert command.name == name
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_the_help_names_every_command() -> None:
    words = CliRunner().invoke(main, ["--help"]).output.split()

    assert set(COMMANDS) <= set(words)


def test_an_unknown_command_is_a_usage_error() -> None:
    assert CliRunner().invoke(main, ["rinnova"]).exit_code == 2


def test_an_import_does_not_wait_for_the_web() -> None:
    script = (
        "import sys, portal.cli.main, portal.cli.imports; print({'flask', 'dramatiq'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    "words",
    [
        "credit reverse 99999999999999999999 --reason x",
        "payments resolve 99999999999999999999 --keep",
        "payments resolve -- -1",
        "outbox retry 99999999999999999999",
        "documents save 99999999999999999999 file.pdf",
        "payments register K7Q2M9XRTA --amount -5 --on 2026-11-20 --method bank_transfer --reference R",
        "payments register K7Q2M9XRTA --amount 1e9 --on 2026-11-20 --method bank_transfer --reference R",
        "tick --on 0001-01-01",
        "tick --on 2027-02-29",
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_slip_of_the_hand_is_a_usage_error(services: Services, words: str) -> None:
    answer = CliRunner().invoke(main, words.split(), obj=services)

    assert (answer.exit_code, type(answer.exception)) == (2, SystemExit)
