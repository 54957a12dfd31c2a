"""`portal payments import-statement`, `tasks`, `resolve`: bank statements, and what they leave to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from portal.cli.context import ROW_ID, USAGE, pass_services, refuse
from portal.cli.imports import refusals_of
from portal.cli.progress import counting
from portal.cli.settlements import UNAPPLIED, sentence
from portal.domain.errors import NotFound, OrderNumberInvalid
from portal.domain.proposals import Proposal, ProposalReason
from portal.domain.statements import OurAccounts, TaskReason
from portal.elision import led
from portal.formats import euro, short_day
from portal.store.statement_lines import StatementLine
from portal.usecases import reconciliation
from portal.usecases.imports.statements import Statement, read_statement
from portal.usecases.payments import Outcome, Settlement
from portal.usecases.reconciliation import AlreadyResolved, NotOurMoney, PartsDiffer, Recorded
from portal.usecases.statement_tasks import Task, list_tasks
from portal.wiring import Services

WHY: dict[TaskReason, str] = {
    TaskReason.NO_NUMBER: "nessun numero d'ordine nella causale",
    TaskReason.SEVERAL_NUMBERS: "più numeri d'ordine nella causale",
    TaskReason.ALREADY_PAID: "l'ordine è già pagato: forse la somma è già stata registrata a mano",
    TaskReason.FOREIGN_CURRENCY: "non è in euro",
    TaskReason.REVERSAL: "storno: una somma è tornata indietro",
    TaskReason.BATCH_UNCLEAR: "più pagamenti in una sola somma, senza dettaglio",
    TaskReason.REFERENCE_REUSED: "la banca ha già usato questo riferimento",
}
SPEAKS_FOR: dict[ProposalReason, str] = {
    ProposalReason.NUMBER: "numero",
    ProposalReason.DECLARED: "riferimento dichiarato dal cliente",
    ProposalReason.SIMILAR_NUMBER: "numero simile",
    ProposalReason.AMOUNT: "stesso importo",
    ProposalReason.NAME: "stesso nome",
}


@click.command("import-statement")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@pass_services
def import_statement(services: Services, path: Path) -> None:
    """Importa un estratto conto: camt.053 (XML) o CSV.

    Paga gli ordini riconosciuti dal numero; il resto si vede con «portal payments tasks». Lo stesso file una
    seconda volta non cambia niente; uno interrotto si ripete. Il CSV è descritto in docs/statements.md.
    """
    statement = _read(services, path)
    outcomes: Counter[Recorded] = Counter()
    with counting("Movimenti", len(statement.lines)) as progress:
        for line in statement.lines:
            with services.transaction() as session:
                outcomes[reconciliation.record_line(session, line, now=services.now())] += 1
            progress(1)
    click.echo(_report(statement, outcomes))
    if outcomes[Recorded.TASK] or outcomes[Recorded.UNAPPLIED]:
        raise SystemExit(UNAPPLIED)


@click.command("tasks")
@click.option("--after", default=0, help="Comincia dopo questo numero.")
@pass_services
def tasks(services: Services, after: int) -> None:
    """Elenca i movimenti che aspettano una persona, con gli ordini possibili."""
    with services.reading() as session:
        found = list_tasks(session, after=after)
    for task in found:
        click.echo(_task_text(task))
    if not found:
        click.echo("Nessun movimento da guardare.")


@click.command("resolve")
@click.argument("line_id", metavar="ID", type=ROW_ID)
@click.option(
    "--order", "numbers", multiple=True, help="Numero dell'ordine che paga; più d'uno, se la somma è esatta."
)
@click.option("--keep", is_flag=True, help="Tieni la somma come ricevuta senza ordine.")
@click.option("--dismiss", "note", help="Chiudi senza registrare niente, e scrivi perché.")
@pass_services
def resolve(services: Services, line_id: int, numbers: tuple[str, ...], keep: bool, note: str | None) -> None:
    """Decide di un movimento: l'ordine che paga, una somma da tenere, o niente."""
    if [bool(numbers), keep, bool(note and note.strip())].count(True) != 1:
        refuse("Scegli una cosa sola: --order NUMERO, --keep oppure --dismiss «motivo».", code=USAGE)
    with _refusals(line_id):
        settlements = _resolved(services, line_id, numbers, note)
    for settlement in settlements:
        click.echo(sentence(settlement, settlement.payment.amount_cents))
    if note:
        click.echo("Chiuso senza registrare niente.")
    if not keep and any(each.outcome is Outcome.UNAPPLIED for each in settlements):
        raise SystemExit(UNAPPLIED)


@contextmanager
def _refusals(line_id: int) -> Iterator[None]:
    """Turn what stands against a decision into a sentence and an exit code."""
    try:
        yield
    except NotFound:
        refuse(f"Il movimento {line_id} non c'è.")
    except AlreadyResolved as done:
        refuse(f"Il movimento {line_id} è già stato chiuso{_when(done.line)}.")
    except NotOurMoney:
        refuse("È un addebito: non può pagare un ordine. Si può solo chiudere con --dismiss.")
    except OrderNumberInvalid as wrong:
        refuse(f"Nessun ordine ha il numero «{wrong.text}».")
    except PartsDiffer as parts:
        refuse(f"Gli ordini devono insieme {euro(parts.due_cents)}, la somma è {euro(parts.received_cents)}.")


def _read(services: Services, path: Path) -> Statement:
    bank = services.settings.bank
    with refusals_of(path):
        return read_statement(path.read_bytes(), OurAccounts(bank.iban, bank.postal_account))


def _resolved(
    services: Services, line_id: int, numbers: tuple[str, ...], note: str | None
) -> list[Settlement]:
    now = services.now()
    with services.transaction() as session:
        if note:
            reconciliation.dismiss(session, line_id, note, now=now)
            return []
        if numbers:
            return list(reconciliation.settle_for(session, line_id, numbers, now=now))
        return [reconciliation.keep_unapplied(session, line_id, now=now)]


def _report(statement: Statement, outcomes: Counter[Recorded]) -> str:
    said = (
        f"Movimenti: {len(statement.lines)}. Ordini pagati: {outcomes[Recorded.PAID]},"
        f" somme senza ordine: {outcomes[Recorded.UNAPPLIED]}, da guardare: {outcomes[Recorded.TASK]},"
        f" non per noi: {outcomes[Recorded.DISMISSED]}, già importati: {outcomes[Recorded.REPEATED]}."
    )
    return (
        f"{said} Non ancora contabilizzati, lasciati fuori: {statement.pending}."
        if statement.pending
        else said
    )


def _task_text(task: Task) -> str:
    line = task.line
    amount = euro(line.amount_cents) if line.currency == "EUR" else f"{_plain(line)} {line.currency}"
    sign = "" if line.is_credit else "−"
    who = f"{line.payer or '—'}  «{line.text[:80]}»"
    head = f"{line.id:>6}  {short_day(line.booked_on)}  {sign + amount:>13}  {who}"
    why = WHY[line.reason] if line.reason else ""
    return "\n".join(
        [head, f"        {why}", *(f"        forse {_proposal(each)}" for each in task.proposals)]
    )


def _plain(line: StatementLine) -> str:
    whole, part = divmod(line.amount_cents, 100)
    return f"{whole},{part:02}"


def _proposal(proposal: Proposal) -> str:
    order = proposal.order
    reasons = ", ".join(SPEAKS_FOR[reason] for reason in proposal.reasons)
    return f"{order.number}, {euro(order.due_cents)}, {order.holder or '—'}: {reasons}"


def _when(line: StatementLine) -> str:
    return f" {led('il', short_day(line.resolved_at.date()))}" if line.resolved_at else ""
