"""Passwords that were stolen elsewhere are known, and no others (S15)."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.adapters.credentials.stolen import LENGTH, LIST, StolenPasswords, mark
from portal.domain.passwords import password_problem

OFTEN = "momsanaladventure 1qaz2wsx3edc4rfv no_comment_band internetlove4117 clairelikesyoureyes"


@pytest.mark.parametrize("password", OFTEN.split())
def test_what_was_stolen_is_known_however_it_is_written(password: str) -> None:
    stolen = StolenPasswords()

    assert password_problem(password) is None
    assert stolen.knows(password)
    assert stolen.knows(password.upper())


@pytest.mark.parametrize(
    "password", ["pioggia lenta sui tetti", "sette gatti sotto la luna", "momsanaladventuru", "é" * 1024, ""]
)
def test_what_nobody_stole_is_not(password: str) -> None:
    assert not StolenPasswords().knows(password)


def test_the_list_is_sorted_and_holds_more_than_the_commonest_three_thousand() -> None:
    content = LIST.read_bytes()
    marks = [content[place : place + LENGTH] for place in range(0, len(content), LENGTH)]

    assert len(content) % LENGTH == 0
    assert len(marks) > 300_000
    assert marks == sorted(set(marks))


def test_the_first_and_the_last_of_a_list_are_found(tmp_path: Path) -> None:
    words = ["uno", "due", "tre", "quattro"]
    file = tmp_path / "few.bin"
    file.write_bytes(b"".join(sorted(map(mark, words))))
    stolen = StolenPasswords(file)

    assert [stolen.knows(word) for word in [*words, "cinque"]] == [True, True, True, True, False]
