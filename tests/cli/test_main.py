"""The group: every command is where it says it is, and loads no more than it needs."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from portal.cli.main import COMMANDS, main
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
