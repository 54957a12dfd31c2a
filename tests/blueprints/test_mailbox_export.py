"""`/caselle/esporta`: the list as a file, as it is filtered or selected, for its owner alone."""

from __future__ import annotations

import csv
import tracemalloc
from io import StringIO

import pytest
from flask import Flask

from portal.domain.access import Subject, SubjectKind
from portal.domain.plans import Plan
from portal.store.accounts import Account
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import ON_BOTH, People
from tests.factories import (
    fill_account,
    make_account,
    make_holder,
    make_mailbox,
    select_mailboxes,
)
from tests.statements import counted

pytestmark = ON_BOTH


@pytest.fixture
def account(services: Services) -> Account:
    """An account with a mailbox of each kind that the list's filters tell apart."""
    with services.transaction() as session:
        made = make_account(session)
        hostile = make_holder(session, first_name='=1+1"; "x', last_name="\r\n-2")
        boxes = [
            make_mailbox(session, made, "vicina@pec.example", expires_in=12, mailbox_used_mb=512),
            make_mailbox(session, made, "-lontana@pec.example", expires_in=300, holder=hostile),
            make_mailbox(session, made, "pro@pec.example", expires_in=200, plan=Plan.PRO),
        ]
        make_mailbox(session, made, "altrui@pec.example", of_account_holder=False)
        make_mailbox(session, made, "finita@pec.example", expires_in=-100)
        select_mailboxes(session, made, boxes[:2])
        make_mailbox(session, make_account(session), "estranea@pec.example")
        return made


@pytest.fixture
def owner(visitor: Browser, services: Services, account: Account) -> Browser:
    return visitor.enter(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))


def rows_of(body: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize(
    ("query", "addresses"),
    [
        ("", ["vicina@pec.example", "pro@pec.example", "'-lontana@pec.example"]),
        ("?cerca=VICINA", ["vicina@pec.example"]),
        ("?tipologia=pro", ["pro@pec.example"]),
        ("?stato=cancellata", ["finita@pec.example"]),
        ("?scheda=altri", ["altrui@pec.example"]),
        ("?ordine=scadenza-inversa", ["'-lontana@pec.example", "pro@pec.example", "vicina@pec.example"]),
        ("?solo=selezionate", ["vicina@pec.example", "'-lontana@pec.example"]),
        ("?cerca=nessuna", []),
        (
            "?ordine=boh&stato=boh&dopo=2026-12-01~x@y",
            ["vicina@pec.example", "pro@pec.example", "'-lontana@pec.example"],
        ),
    ],
)
def test_the_file_has_what_the_list_shows(owner: Browser, query: str, addresses: list[str]) -> None:
    assert [row[0] for row in rows_of(owner.get(f"/caselle/esporta{query}").data)[1:]] == addresses


def test_the_file_opens_in_italian_excel_and_no_cell_is_a_formula(owner: Browser) -> None:
    answer = owner.get("/caselle/esporta")
    head, near, _, far = rows_of(answer.data)

    assert answer.data.startswith(b'\xef\xbb\xbf"Casella";')
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=caselle-pec-2026-11-24.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len({len(head), len(near), len(far)}) == 1
    assert near[2:8] == ["Standard", "In scadenza", "06/12/2026", "06/03/2027", "0,50", "1,00"]
    assert far[1] == '\'=1+1"; "x   -2'


def test_nobody_gets_anothers_list(app: Flask, services: Services, people: People, account: Account) -> None:
    other = Browser(app).enter(services, people.owner.subject)
    box = Browser(app).enter(services, people.mailbox.subject)

    assert "lontana" not in other.get("/caselle/esporta?scheda=mie&solo=selezionate").text
    assert "lontana" not in other.get("/caselle/esporta?stato=tutte").text
    assert box.get("/caselle/esporta").status_code == 404
    assert Browser(app).get("/caselle/esporta").status_code == 302


def test_twenty_thousand_mailboxes_are_few_statements_and_little_memory(
    owner: Browser, services: Services, account: Account
) -> None:
    def ask(query: str) -> tuple[int, int]:
        with counted(services.engine) as sent:
            answer = owner.client.get(f"/caselle/esporta{query}", buffered=False)
            lines = sum(piece.count(b"\r\n") for piece in answer.iter_encoded())
            answer.close()
        return len(sent), lines

    few, _ = ask("?cerca=vicina")
    with services.transaction() as session:
        fill_account(session, account, 20_000)
    tracemalloc.start()
    statements, lines = ask("?stato=tutte")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert lines > 20_000
    assert statements == few
    assert peak < 8 * 2**20


@pytest.mark.parametrize("read", ["to the end", "in part", "not at all"])
def test_the_connection_goes_back_however_the_answer_ends(
    owner: Browser, services: Services, account: Account, read: str
) -> None:
    with services.transaction() as session:
        fill_account(session, account, 1_000)
    pool = services.engine.pool
    before = pool.checkedout()  # type: ignore[attr-defined]
    method = "HEAD" if read == "not at all" else "GET"
    answer = owner.client.open("/caselle/esporta", method=method, buffered=False)
    pieces = answer.iter_encoded()
    if read == "to the end":
        assert b"".join(pieces)
    else:
        if read == "in part":
            assert next(iter(pieces))
        answer.close()

    assert pool.checkedout() == before  # type: ignore[attr-defined]
