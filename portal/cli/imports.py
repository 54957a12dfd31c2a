"""`portal import`: brings in the operator's files. Exit 0 done, 1 rows refused, 2 wrong command or file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol

import click
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.cli.context import USAGE, pass_services, refuse
from portal.cli.contract_files import import_contract_files
from portal.cli.progress import counting, reading
from portal.cli.reasons import sentence
from portal.usecases.imports.conventions import import_conventions
from portal.usecases.imports.dated_rows import Imported
from portal.usecases.imports.extras import import_extras
from portal.usecases.imports.mailboxes import compare_register, hash_passwords, read_register
from portal.usecases.imports.mailboxes_writing import write_register
from portal.usecases.imports.prices import import_prices
from portal.usecases.imports.problems import FileRefused, FilesRefused, Problem, RowsRefused
from portal.usecases.imports.promotions import import_promotions
from portal.usecases.imports.spool import Spool
from portal.wiring import Services

file_argument = click.argument("path", metavar="FILE.csv", type=click.Path(path_type=Path))


@click.group("import")
def imports() -> None:
    """Importa il registro delle caselle, il listino, le convenzioni e i testi del contratto."""


@imports.command()
@file_argument
@click.option("--skip-bad", is_flag=True, help="Lascia fuori le righe sbagliate e importa le altre.")
@click.option("--dry-run", is_flag=True, help="Controlla soltanto, senza scrivere niente.")
@pass_services
def mailboxes(services: Services, path: Path, skip_bad: bool, dry_run: bool) -> None:
    """Importa il registro delle caselle: tutte le righe o nessuna.

    Lo stesso file importato di nuovo non cambia niente. Le colonne sono descritte in docs/register.md.
    """
    with Spool() as spool, refusals_of(path):
        read_and_compare(services, path, spool)
        _say_problems(path, spool.problems())
        bad = spool.count_bad()
        if bad and not skip_bad:
            refuse(
                f"{_rows(bad)} da correggere: non è stato importato niente."
                " Con --skip-bad si importano le altre."
            )
        if dry_run:
            click.echo(f"Prova, non è stato scritto niente. {_summary(spool)}")
            return
        hash_and_write(services, spool, skip_bad=skip_bad)
        click.echo(_summary(spool))


def read_and_compare(services: Services, path: Path, spool: Spool) -> None:
    """Read a register into the spool and compare it with the database; raises FileRefused."""
    with reading("Lettura", path) as file:
        domain = services.settings.brand.account_domain
        read_register(file, spool, account_domain=domain, today=services.today())
    with counting("Confronto", spool.count_good()) as progress, services.reading() as session:
        compare_register(session, spool, progress=progress)


def hash_and_write(services: Services, spool: Spool, *, skip_bad: bool) -> None:
    """Hash the passwords of the good rows, then write them in one transaction; raises RowsRefused."""
    plain = spool.count_plain_passwords()
    if plain:
        with counting("Password", plain) as progress:
            hash_passwords(spool, services.hasher, progress=progress)
    rows = spool.count_new() + spool.count_changed()
    with counting("Scrittura", rows) as progress, services.transaction() as session:
        write_register(session, spool, now=services.now(), skip_bad=skip_bad, progress=progress)


def _summary(spool: Spool) -> str:
    good, new, changed, bad = spool.count_good(), spool.count_new(), spool.count_changed(), spool.count_bad()
    if not good and not bad:
        return "Il file contiene solo i nomi delle colonne."
    left_out = f" Righe lasciate fuori: {bad}." if bad else ""
    return f"Caselle nuove: {new}, cambiate: {changed}, invariate: {good - new - changed}.{left_out}"


@imports.command()
@click.argument("path", metavar="FILE_O_CARTELLA", type=click.Path(path_type=Path))
@pass_services
def contracts(services: Services, path: Path) -> None:
    """Importa i testi del contratto: tutti i file o nessuno. Una versione registrata non cambia più.

    I file si chiamano tipo.versione.lingua.txt e sono descritti in docs/contracts.md.
    """
    with refusals_of(path):
        done = import_contract_files(services, path)
    click.echo(f"Testi nuovi: {done.added}, invariati: {done.unchanged}.")
    if done.missing:
        missing = ", ".join(done.missing)
        click.secho(
            f"Senza questi testi in vigore non si accettano ordini: {missing}.", err=True, fg="yellow"
        )


class ImportRows(Protocol):
    """Brings in the rows of a file, all or none."""

    def __call__(self, session: Session, file: BinaryIO, *, today: date) -> Imported: ...


def _rows_command(name: str, bring_in: ImportRows, told: str, help_text: str) -> None:
    """Add the command that imports a file of dated rows and tells what became of them."""

    @imports.command(name, help=help_text)
    @file_argument
    @pass_services
    def command(services: Services, path: Path) -> None:
        with refusals_of(path), path.open("rb") as file, services.transaction() as session:
            done = bring_in(session, file, today=services.today())
        click.echo(told.format(done=done))


_rows_command(
    "prices",
    import_prices,
    "Prezzi nuovi: {done.added}, cambiati: {done.changed}, invariati: {done.unchanged}.",
    """Importa il listino: tutte le righe o nessuna. Un prezzo già in vigore non cambia più.

    Le colonne sono descritte in docs/price-list.md.
    """,
)
_rows_command(
    "conventions",
    import_conventions,
    "Convenzioni nuove: {done.added}, cambiate: {done.changed}, invariate: {done.unchanged}.",
    """Importa le convenzioni: tutte le righe o nessuna. Quel che è già in vigore non cambia più.

    Le colonne sono descritte in docs/conventions.md.
    """,
)
_rows_command(
    "promotions",
    import_promotions,
    "Promozioni nuove: {done.added}, cambiate: {done.changed}, invariate: {done.unchanged}.",
    """Importa le promozioni: tutte le righe o nessuna. Hanno una fine vera e non si ripropongono.

    Le colonne sono descritte in docs/promotions.md.
    """,
)
_rows_command(
    "extras",
    import_extras,
    "Extra nuovi: {done.added}, cambiati: {done.changed}, invariati: {done.unchanged}.",
    """Importa i servizi che si pagano una volta, come il kit di firma: tutte le righe o nessuna.

    Le colonne sono descritte in docs/extras.md.
    """,
)


@contextmanager
def refusals_of(path: Path) -> Iterator[None]:
    """Turn what stops an import into sentences and an exit code."""
    try:
        yield
    except (FileRefused, RowsRefused) as refused:
        _say_problems(path, refused.problems)
        refuse("Non è stato importato niente.")
    except FilesRefused as refused:
        for name, problem in refused.problems:
            click.echo(f"{name or path.name}: {sentence(problem)}", err=True)
        refuse("Non è stato importato niente.")
    except IntegrityError:
        refuse("I dati sono cambiati durante l'importazione, che è stata annullata per intero: ripetila.")
    except (FileNotFoundError, IsADirectoryError, PermissionError) as wrong:
        refuse(f"Non riesco a leggere {path}: {_WHY[type(wrong)]}.", code=USAGE)


_WHY: dict[type[OSError], str] = {
    FileNotFoundError: "il file non c'è",
    IsADirectoryError: "è una cartella",
    PermissionError: "manca il permesso",
}


def _say_problems(path: Path, problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(f"{path.name}: {sentence(problem)}", err=True)


def _rows(count: int) -> str:
    return "1 riga" if count == 1 else f"{count} righe"
