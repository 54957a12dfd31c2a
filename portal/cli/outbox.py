"""`portal outbox`: shows the work that waits and the work given up, and gives it another chance."""

from __future__ import annotations

import click

from portal.cli.context import ROW_ID, pass_services, refuse
from portal.formats import moment
from portal.store import dead_letters
from portal.store.outbox import OutboxRow, OutboxState
from portal.wiring import Services

STATES = {
    OutboxState.WAITING: "in attesa",
    OutboxState.QUEUED: "in coda",
    OutboxState.CLAIMED: "in corso",
    OutboxState.DONE: "fatto",
    OutboxState.FAILED: "abbandonato",
}


@click.group("outbox")
def outbox() -> None:
    """Lavori in attesa (e-mail, rinnovi) e lavori abbandonati."""


@outbox.command("list")
@click.option("--failed", is_flag=True, help="Solo i lavori abbandonati dopo tutti i tentativi.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@pass_services
def list_rows(services: Services, failed: bool, limit: int) -> None:
    """Elenca i lavori da fare, prima quelli più vecchi, o quelli abbandonati, prima i più recenti."""
    with services.reading() as session:
        find = dead_letters.failed_rows if failed else dead_letters.unfinished_rows
        found = find(session, limit=limit)
    for line in map(_line, found):
        click.echo(line)
    if not found:
        click.echo("Nessun lavoro abbandonato." if failed else "Niente da fare.")


@outbox.command()
@click.argument("row_id", metavar="ID", type=ROW_ID)
@pass_services
def retry(services: Services, row_id: int) -> None:
    """Rimette in attesa il lavoro abbandonato ID, con tutti i tentativi."""
    with services.transaction() as session:
        found = dead_letters.retry(session, row_id, now=services.now())
    if not found:
        refuse(f"Il lavoro {row_id} non c'è o non è abbandonato.")
    click.echo(f"Il lavoro {row_id} è di nuovo in attesa.")


def _line(row: OutboxRow) -> str:
    words = " ".join(row.last_error.split())
    when = row.done_at or row.not_before
    return (
        f"{row.id:>8}  {STATES[row.state]:<11}  {moment(when)}  {row.key}"
        f"  tentativi: {row.attempts}{f'  {words}' if words else ''}"
    )
