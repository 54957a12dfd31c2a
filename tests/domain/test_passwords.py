"""Which passwords may be chosen: length is the rule, and no word that is tried first."""

from __future__ import annotations

import pytest

from portal.domain.passwords import LONGEST, PasswordProblem, password_problem

OWN = ("studio.bianchi@pec.example", "Posta Sicura", "aruba.it")


@pytest.mark.parametrize(
    "password",
    [
        "pioggia lenta sui tetti",
        "quindici lettre",
        "tuttominuscolesenzanumeri",
        "48151623427083",
        "àèìòù ñ ß ţ 漢字 🙂 x",
        " spazi ai lati e dentro ",
        "cavallo batteria graffetta",
        "la mia pec è verde come l'erba",
        "k" * 5 + "Zq8-tw!m_x",
    ],
)
def test_a_long_password_of_anything_is_good(password: str) -> None:
    expected = PasswordProblem.TOO_SHORT if len(password) < 15 else None

    assert password_problem(password, OWN) is expected


def test_length_counts_characters_and_nothing_is_cut() -> None:
    longest = "pioggia lenta " + "x" * (LONGEST - 14)

    assert password_problem("pioggia " + "lenta!") is PasswordProblem.TOO_SHORT
    assert password_problem("pioggia " + "lenta!!") is None
    assert password_problem(longest) is None
    assert password_problem(longest + "x") is PasswordProblem.TOO_LONG


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaa",
        "               ",
        "ababababababababab",
        "123456789012345",
        "qwertyuiopasdfgh",
        "passwordpassword",
        "Password123456!!",
        "P.a.s.s.w.o.r.d.2.0.2.6",
        "studiobianchi2026",
        "Studio.Bianchi@pec.example",
        "bianchi.studio.pec.1",
        "postasicura12345",
        "PostaSicura-PostaSicura",
        "aruba.it-aruba.it",
        "benvenutobenvenuto",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert password_problem(password, OWN) is PasswordProblem.TRIED_FIRST


def test_another_persons_name_is_no_word_tried_first() -> None:
    assert password_problem("studio.verdi@pec.example", OWN[1:]) is None
