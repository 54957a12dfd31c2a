"""`portal import` as the operator sees it: sentences, exit codes, and no secret on the screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from portal.cli import main
from portal.cli.reasons import OF_COLUMN, SENTENCES, sentence
from portal.domain.customers import FieldCode
from portal.store.mailboxes import Mailbox
from portal.usecases.imports.problems import Problem, Reason
from portal.wiring import Services
from tests.registers import as_csv, good_row


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A register of three good rows."""
    path = tmp_path / "registro.csv"
    path.write_bytes(as_csv([good_row(address=f"casella{number}@pec.example") for number in range(3)]))
    return path


def portal(services: Services, *arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], obj=services)


def count(services: Services) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).select_from(Mailbox)) or 0


def test_it_says_what_was_done(services: Services, register: Path) -> None:
    first = portal(services, "import", "mailboxes", register)
    again = portal(services, "import", "mailboxes", register)

    assert (first.exit_code, first.output) == (0, "Caselle nuove: 3, cambiate: 0, invariate: 0.\n")
    assert (again.exit_code, again.output) == (0, "Caselle nuove: 0, cambiate: 0, invariate: 3.\n")


def test_a_trial_writes_nothing(services: Services, register: Path) -> None:
    result = portal(services, "import", "mailboxes", register, "--dry-run")

    assert result.exit_code == 0
    assert "non è stato scritto niente. Caselle nuove: 3" in result.stdout
    assert count(services) == 0


def test_bad_rows_are_listed_and_nothing_is_imported(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "registro.csv"
    path.write_bytes(as_csv([good_row(plan="gold", expires_on="24/11/2026"), good_row()]))

    result = portal(services, "import", "mailboxes", path)

    assert result.exit_code == 1
    assert result.stderr.replace("2026-11-24", "{day}").splitlines() == [
        "registro.csv: riga 2, plan: «gold» non è ammesso: scegli tra standard, pro, premium, domain",
        "registro.csv: riga 2, expires_on: «24/11/2026»: scrivi la data come anno-mese-giorno, cioè {day}",
        "1 riga da correggere: non è stato importato niente. Con --skip-bad si importano le altre.",
    ]
    assert count(services) == 0


def test_bad_rows_are_counted_when_left_out(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "registro.csv"
    path.write_bytes(as_csv([good_row(plan="gold"), good_row()]))

    result = portal(services, "import", "mailboxes", path, "--skip-bad")

    assert result.exit_code == 0
    assert result.stdout == "Caselle nuove: 1, cambiate: 0, invariate: 0. Righe lasciate fuori: 1.\n"
    assert "riga 2, plan" in result.stderr


def test_a_file_in_latin_1_is_told_by_line(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "registro.csv"
    path.write_bytes(as_csv([good_row(), good_row(city="Forlì")]).decode().encode("latin-1"))

    result = portal(services, "import", "mailboxes", path, "--skip-bad")

    assert result.exit_code == 1
    assert "riga 3: il testo dopo" in result.stderr
    assert "CSV UTF-8" in result.stderr
    assert count(services) == 0


@pytest.mark.parametrize("name", ["assente.csv", "."])
def test_a_file_that_cannot_be_opened_is_a_usage_error(services: Services, tmp_path: Path, name: str) -> None:
    for kind in ("mailboxes", "prices"):
        result = portal(services, "import", kind, tmp_path / name)

        assert result.exit_code == 2
        assert "Non riesco a leggere" in result.stderr


def test_a_value_cannot_command_the_terminal(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "registro.csv"
    path.write_bytes(as_csv([good_row(plan="\x1b[2Jgold" + "x" * 500)]))

    result = portal(services, "import", "mailboxes", path)

    assert "\x1b" not in result.output
    assert len(max(result.output.splitlines(), key=len)) < 200


def test_no_password_is_ever_shown(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "registro.csv"
    rows = [good_row(password=f"segreta\x00{number}", plan="gold") for number in range(3)]
    path.write_bytes(as_csv([*rows, good_row(password="$argon2id$segreta")]))

    result = portal(services, "import", "mailboxes", path)

    assert result.output.count("password") == 4
    assert "segreta" not in result.output


def test_prices_are_imported_and_shown(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "listino.csv"
    path.write_text("item,net,valid_from,valid_to,terms\nstandard,5.00,2026-01-01,,1-5\n")

    done = portal(services, "import", "prices", path)
    shown = portal(services, "prices", "--on", "2026-11-24")
    before = portal(services, "prices", "--on", "2025-11-24")

    assert (done.exit_code, done.output) == (0, "Prezzi nuovi: 1, cambiati: 0, invariati: 0.\n")
    assert "standard" in shown.output
    assert "Aliquota IVA: 22%, dal 01/10/2013" in shown.output
    row = next(line for line in shown.output.splitlines() if line.startswith("standard"))
    assert row.split() == ["standard", "€", "5,00", "1,", "2,", "3,", "4,", "5", "01/01/2026", "—"]
    assert before.exit_code == 1


def test_a_price_list_is_refused_whole(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "listino.csv"
    path.write_text("item,net,valid_from\nstandard,5.00,2026-01-01\nstandard,6.00,2026-06-01\n")

    result = portal(services, "import", "prices", path)

    assert result.exit_code == 1
    assert "riga 3, valid_from: in quei giorni vale anche la riga 2" in result.stderr
    assert portal(services, "prices").exit_code == 1


def process(environment: dict[str, str], *arguments: str, given: bytes = b"") -> tuple[int, str, str]:
    """Run the command as a process; return its exit code and both its outputs."""
    done = subprocess.run(
        [sys.executable, "-c", "from portal.cli import main; main()", *arguments],
        env=environment,
        input=given,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_database_without_tables_is_told_without_a_traceback(
    environment: dict[str, str], tmp_path: Path, register: Path
) -> None:
    environment["PORTAL_DATABASE_URL"] = f"sqlite:///{tmp_path / 'nuova.db'}"

    code, _, errors = process(environment, "import", "mailboxes", str(register))

    assert code == 2
    assert "portal db upgrade" in errors
    assert "Traceback" not in errors


def test_a_wrong_setting_is_told_without_a_traceback(environment: dict[str, str], register: Path) -> None:
    environment["PORTAL_SECRET_KEY"] = "short"

    code, _, errors = process(environment, "import", "mailboxes", str(register))

    assert code == 2
    assert errors.startswith("Configurazione: PORTAL_SECRET_KEY")


def test_the_command_works_as_a_process_and_from_a_pipe(
    environment: dict[str, str], services: Services, register: Path
) -> None:
    answer = process(environment, "import", "mailboxes", "/dev/stdin", given=register.read_bytes())

    assert answer == (0, "Caselle nuove: 3, cambiate: 0, invariate: 0.\n", "")
    assert count(services) == 3


def test_every_reason_has_its_sentence() -> None:
    for reason in (*Reason, *FieldCode):
        assert reason in SENTENCES

    assert {code for _, code in OF_COLUMN} <= set(FieldCode)


def test_a_sentence_names_line_and_column() -> None:
    problem = Problem(12, "adress", Reason.UNKNOWN_COLUMN, {"near": "address"})

    assert sentence(problem) == "riga 12, adress: colonna sconosciuta: forse address?"
