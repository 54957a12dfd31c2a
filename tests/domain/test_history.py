"""What a line of the history may hold, and what a browser is called."""

from __future__ import annotations

import pytest

from portal.domain.devices import device_name
from portal.domain.history import one_line


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A7K2", "A7K2"),
        ("casella@pec.example", "casella@pec.example"),
        ("a\r\nb", "a  b"),
        ("\x1b[2J\x9b31m", "[2J 31m"),
        ("\u202efdp.exe\u2066", "fdp.exe"),
        ("\u2028\u0000", ""),
        ("x" * 30, "x" * 20),
    ],
)
def test_a_line_moves_no_cursor_and_fits(text: str, kept: str) -> None:
    assert one_line(text, 20) == kept


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_a_browser_has_a_name_for_people(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
