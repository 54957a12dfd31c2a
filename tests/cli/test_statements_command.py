"""`portal payments import-statement`, `tasks` and `resolve` as the operator uses them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.cli import main
from portal.cli.statements import SPEAKS_FOR, WHY
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.proposals import ProposalReason
from portal.domain.statements import TaskReason
from portal.store.orders import Order
from portal.store.statement_lines import StatementLine
from portal.wiring import Services
from tests.factories import make_account, make_mailbox, make_order
from tests.servers.portal import ROOT

FIRST, SECOND = (new_order_number(bytes([place] * RANDOM_BYTES)) for place in (1, 2))
HEAD = "booked_on;amount;text;payer;reference\n"


@pytest.fixture(autouse=True)
def _orders(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        for number in (FIRST, SECOND):
            make_order(session, [make_mailbox(session, account)], number=number)


def run(services: Services, *words: str) -> Result:
    return CliRunner().invoke(main, ["payments", *words], obj=services)


def bring_in(services: Services, tmp_path: Path, *rows: str) -> Result:
    file = tmp_path / "estratto.csv"
    file.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return run(services, "import-statement", str(file))


def states(services: Services) -> list[OrderState]:
    with services.reading() as session:
        return list(session.scalars(select(Order.state).order_by(Order.id)))


def task_id(services: Services) -> str:
    with services.reading() as session:
        return str(session.scalars(select(StatementLine.id).order_by(StatementLine.id.desc())).first())


def test_a_statement_pays_what_it_names(services: Services, tmp_path: Path) -> None:
    result = bring_in(
        services, tmp_path, f"2026-11-24;6,10;ORDINE {FIRST};ROSSI;R1", "2026-11-24;-1;SPESE;;R2"
    )

    said = "Movimenti: 2. Ordini pagati: 1, somme senza ordine: 0, da guardare: 0, non per noi: 1,"
    assert (result.exit_code, result.stdout) == (0, f"{said} già importati: 0.\n")
    assert states(services) == [OrderState.PAID, OrderState.AWAITING_PAYMENT]


def test_the_same_file_again_changes_nothing(services: Services, tmp_path: Path) -> None:
    for paid, known in ((1, 0), (0, 1)):
        result = bring_in(services, tmp_path, f"2026-11-24;6,10;ORDINE {FIRST};ROSSI;R1")

        assert f"Ordini pagati: {paid}," in result.stdout
        assert f"già importati: {known}." in result.stdout


def test_what_is_not_certain_is_listed_with_what_it_might_be(services: Services, tmp_path: Path) -> None:
    result = bring_in(services, tmp_path, "2026-11-24;6,10;PEC STUDIO;ROSSI MARIO;R1")

    listed = run(services, "tasks").stdout
    assert result.exit_code == 3
    assert "24/11/2026         €\u00a06,10  ROSSI MARIO" in listed
    assert "nessun numero d'ordine nella causale" in listed
    assert f"forse {FIRST}, €\u00a06,10, Mario Rossi: stesso importo, stesso nome" in listed


def test_a_person_decides(services: Services, tmp_path: Path) -> None:
    bring_in(services, tmp_path, "2026-11-24;6,10;PEC;ROSSI;R1")

    result = run(services, "resolve", task_id(services), "--order", FIRST.lower())

    assert (result.exit_code, result.stdout) == (
        0,
        f"Ordine {FIRST} pagato: €\u00a06,10. Il rinnovo è partito.\n",
    )
    assert run(services, "tasks").stdout == "Nessun movimento da guardare.\n"
    again = run(services, "resolve", task_id(services), "--order", FIRST)
    assert again.exit_code == 1
    assert "è già stato chiuso" in again.stderr


def test_one_sum_for_two_orders(services: Services, tmp_path: Path) -> None:
    bring_in(services, tmp_path, f"2026-11-24;12,20;{FIRST} {SECOND};ROSSI;R1")

    result = run(services, "resolve", task_id(services), "--order", FIRST, "--order", SECOND)

    assert result.exit_code == 0
    assert states(services) == [OrderState.PAID, OrderState.PAID]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--keep"], 0, "registrati senza ordine"),
        (["--dismiss", "interessi"], 0, "Chiuso senza registrare niente."),
        ([], 2, "Scegli una cosa sola"),
        (["--keep", "--dismiss", "x"], 2, "Scegli una cosa sola"),
        (["--dismiss", " "], 2, "Scegli una cosa sola"),
        (["--order", "NIENTE"], 1, "Nessun ordine ha il numero «NIENTE»."),
        (
            ["--order", FIRST, "--order", SECOND],
            1,
            "Gli ordini devono insieme €\u00a012,20, la somma è €\u00a09,99.",
        ),
        (["--order", FIRST], 3, "l'importo non è quello dovuto (€\u00a06,10)"),
    ],
)
def test_the_ways_to_decide(
    services: Services, tmp_path: Path, options: list[str], code: int, words: str
) -> None:
    bring_in(services, tmp_path, "2026-11-24;9,99;PEC;ROSSI;R1")

    result = run(services, "resolve", task_id(services), *options)

    assert result.exit_code == code
    assert words in result.output


def test_a_movement_that_is_not_there(services: Services) -> None:
    result = run(services, "resolve", "99", "--keep")

    assert (result.exit_code, result.stderr) == (1, "Il movimento 99 non c'è.\n")


def test_a_bad_file_changes_nothing(services: Services, tmp_path: Path) -> None:
    result = bring_in(services, tmp_path, f"2026-11-24;6,10;ORDINE {FIRST};ROSSI;R1", "ieri;6,10;x;;")

    assert result.exit_code == 1
    assert "riga 3, booked_on: «ieri» non è una data" in result.stderr
    assert states(services) == [OrderState.AWAITING_PAYMENT] * 2


def test_a_file_that_is_no_statement(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "estratto.xml"
    file.write_bytes(b"<Document/>")

    result = run(services, "import-statement", str(file))

    assert result.exit_code == 1
    assert "camt.053" in result.stderr
    assert run(services, "import-statement", str(tmp_path / "manca.xml")).exit_code == 2


def test_every_reason_has_its_words() -> None:
    assert set(WHY) == set(TaskReason)
    assert set(SPEAKS_FOR) == set(ProposalReason)


def test_the_documented_table_is_a_statement(services: Services, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "statements.md").read_text(encoding="utf-8")
    example = re.search(r"```csv\n(.*?)```", page, re.DOTALL)
    assert example is not None
    file = tmp_path / "esempio.csv"
    file.write_text(example[1], encoding="utf-8")

    result = run(services, "import-statement", str(file))

    assert "Movimenti: 2." in result.stdout
