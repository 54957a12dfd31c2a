"""A line of the log: JSON, one line whatever is in it, blank where its name says that it is secret. S48."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import structlog

from portal import log_lines


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "session_token", "csrf_token", "Cookie", "authorization", "password_hash"],
)
def test_a_value_with_a_secret_name_is_hidden(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.configure()

    structlog.get_logger("portal.test").warning("happened", **{name: "pioggia"}, who="account:1")

    line = json.loads(capsys.readouterr().err)
    assert (line[name], line["who"], line["event"]) == ("[hidden]", "account:1", "happened")


@pytest.mark.parametrize("text", ["a\nb", 'a\r\n{"event": "forged"}', "\u2028", "\x1b[31m", "\x00"])
def test_whatever_is_written_is_one_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.configure()

    structlog.get_logger("portal.test").warning("happened", said=text)

    written = capsys.readouterr().err
    assert len(written.splitlines()) == 1
    assert json.loads(written)["said"] == text


def test_a_library_command_writes_no_lines_of_its_own_form() -> None:
    """The command that starts workers has set up lines of another form before we are asked."""
    program = (
        "import logging; logging.basicConfig(format='theirs %(message)s')\n"
        "from portal import log_lines; log_lines.configure(alone=True)\n"
        "logging.getLogger('workers.job').error('no\\n%s', 'yes')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    (line,) = done.stderr.splitlines()
    assert json.loads(line)["event"] == "no\nyes"
