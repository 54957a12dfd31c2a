"""Elision: Italian small words before numbers, in every text, and never in what others wrote."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment
from markupsafe import Markup

from portal import languages, sentences
from portal.elision import WORDS, elided, is_vowel, led
from portal.formats import long_day, short_day
from tools.messages import catalogues

PORTAL = Path(languages.__file__).parent
LOOSE = re.compile(
    r"(?<![\w'])(?:il|lo|i|(?:de|a|da|ne|su|co)(?:l|llo|i))\s+%(?:\((\w+)\)\w|\w)", re.IGNORECASE
)
"""An article before any kind of value, found in another way than the code finds it."""


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("fino al %(x)s", "11 gennaio 2027", "fino all'11 gennaio 2027"),
        ("fino al %(x)s", "12 gennaio 2027", "fino al 12 gennaio 2027"),
        ("fino al %(x)s", "1º dicembre 2026", "fino al 1º dicembre 2026"),
        ("Dal %(x)s: Pro", "8 dicembre 2026", "Dall'8 dicembre 2026: Pro"),
        ("scade il %(x)s", "08/12/2026", "scade l'08/12/2026"),
        ("Il %(x)s la banca", "11/01/2027", "L'11/01/2027 la banca"),
        ("scade il %(x)s", "01/08/2026", "scade il 01/08/2026"),
        ("ordine del %(x)s", "18 luglio 2026, 08:11", "ordine del 18 luglio 2026, 08:11"),
        ("piena al %(x)s%%", 84, "piena all'84%"),
        ("piena al %(x)s%%", 8, "piena all'8%"),
        ("piena al %(x)s%%", 111, "piena al 111%"),
        ("piena al %(x)s%%", 1, "piena all'1%"),
        ("nel %(x)s", "8.000", "nell'8.000"),
        ("nel %(x)s", "1.800", "nel 1.800"),
        ("nel %(x)s", "11.000", "nell'11.000"),
        ("sul %(x)s", "80", "sull'80"),
        ("nei %(x)s giorni dopo", 90, "nei 90 giorni dopo"),
        ("nei %(x)s giorni dopo", 80, "negli 80 giorni dopo"),
        ("I %(x)s giorni", 11, "Gli 11 giorni"),
        ("dell'ordine del %(x)s", "8K7Q2M9XRT", "dell'ordine del 8K7Q2M9XRT"),
        ("di %(x)s", "8 giorni", "di 8 giorni"),
        ("fino al %(x)s", Markup("<strong>11 gennaio</strong>"), "fino all'<strong>11 gennaio</strong>"),
        ("a %(x)s", "chi abita al 11", "a chi abita al 11"),
    ],
)
def test_a_small_word_leans_on_a_vowel(text: str, value: object, said: str) -> None:
    assert elided(text, {"x": value}) % {"x": value} == said


def test_a_command_says_a_day_as_a_page_does() -> None:
    assert led("al", "8 aprile 2027") == "all'8 aprile 2027"
    assert led("al", "9 aprile 2027") == "al 9 aprile 2027"


def test_several_values_each_have_their_word() -> None:
    values = {"a": "8 aprile", "b": "9 aprile"}

    assert elided("tra il %(a)s e il %(b)s", values) % values == "tra l'8 aprile e il 9 aprile"


def test_the_first_of_a_month_is_an_ordinal_in_italian_alone() -> None:
    first = date(2026, 12, 1)

    assert [long_day(first, each) for each in ("it", "en", "de")] == [
        "1º dicembre 2026",
        "1 December 2026",
        "1.\u00a0Dezember 2026",
    ]
    assert long_day(date(2026, 12, 11)) == "11 dicembre 2026"


def test_every_day_of_a_month_has_its_article() -> None:
    days = [date(2026, 12, number) for number in range(1, 32)]

    with_vowel = [day.day for day in days if is_vowel(long_day(day, "it"))]

    assert with_vowel == [day.day for day in days if is_vowel(short_day(day, "it"))] == [8, 11]


def test_templates_and_code_say_it_alike_and_escape_what_others_wrote() -> None:
    environment = Environment(autoescape=True)
    sentences.teach(environment, languages.current)
    template = environment.from_string(
        "{{ _('fino al %(day)s, %(name)s', day=day, name=name) }}|"
        "{{ ngettext('al %(num)s%%', 'al %(num)s%% di %(name)s', 80, name=name) }}|"
        "{{ pgettext('a', '100%%') }}"
    )

    said = template.render(day="11 gennaio", name="<al 11>")

    assert said == "fino all'11 gennaio, &lt;al 11&gt;|all'80% di &lt;al 11&gt;|100%"
    assert languages.gettext("fino al %(day)s", day="8/1") == "fino all'8/1"
    assert languages.ngettext("nei %(num)s", "nei %(num)s", 11, num=11) == "negli 11"
    with languages.speaking("en"):
        assert languages.gettext("al %(day)s (%(n)s%%)", day="11", n=1) == "al 11 (1%)"


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [text for catalogue in catalogues().values() for text in _texts(catalogue)]


def _texts(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if message.id:
            yield from (message.id,) if isinstance(message.id, str) else message.id


def test_every_small_word_before_a_value_can_lean_on_it(texts: list[str]) -> None:
    met = [text for text in texts if LOOSE.search(text)]
    values = dict.fromkeys(re.findall(r"%\((\w+)\)", " ".join(met)), "11 gennaio")

    assert len(met) > 100, "the walker found the texts"
    assert [text for text in met if LOOSE.search(elided(text, values))] == []


def test_no_sentence_is_torn_between_a_small_word_and_its_number(texts: list[str]) -> None:
    """What ends with an article is a field's label, and its value stands elsewhere."""
    labels = {
        "Concluso il",
        "Fino al",
        "Pagato il",
        "Prezzi del",
        "Ricevuto il",
        "Rinnovando per %(years)s scadrà il",
        "Scade il",
        "Scaduta il",
        "Tutte pagate almeno fino al",
        "Valido fino al",
    }
    torn = re.compile(rf"\b(?:{'|'.join(WORDS)})\s*$", re.IGNORECASE)

    assert {text for text in texts if torn.search(text)} <= labels


def test_code_gives_values_to_gettext_and_does_not_put_them_in_afterwards() -> None:
    """`_("fino al %(day)s") % …` would be put together where nobody fits the words."""
    late = [
        f"{path.name}:{node.lineno}"
        for path in PORTAL.rglob("*.py")
        if "gettext" in (source := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and "%(" in _said(node.left)
    ]

    assert late == []


def _said(node: ast.expr) -> str:
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
