"""`portal documents`: the identity documents that customers sent, for the staff that has to look at them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from portal.cli.context import ROW_ID, USAGE, pass_services, refuse
from portal.formats import moment
from portal.ports import Rejected
from portal.store.documents import Document
from portal.usecases.documents import document_by_id, every_document
from portal.wiring import Services

LISTED = 1000


@click.group("documents")
def documents() -> None:
    """Documenti d'identità caricati dai clienti."""


@documents.command("list")
@pass_services
def list_documents(services: Services) -> None:
    """Elenca i documenti conservati, dal più recente."""
    with services.reading() as session:
        lines = [_line(document, address) for document, address in every_document(session, limit=LISTED)]
    for line in lines or ["Nessuno."]:
        click.echo(line)


@documents.command("save")
@click.argument("number", metavar="NUMERO", type=ROW_ID)
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@pass_services
def save_document(services: Services, number: int, path: Path) -> None:
    """Scrive il documento NUMERO, decifrato, in un FILE nuovo che solo tu puoi leggere."""
    with services.reading() as session:
        document = document_by_id(session, number)
    if document is None:
        refuse(f"Nessun documento conservato ha il numero {number}.")
    try:
        content = services.vault.get(document.name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except Rejected as failure:
        refuse(f"Il documento non si apre: {failure}.")
    except FileExistsError:
        refuse(f"{path} esiste già.", code=USAGE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    click.echo(f"{path}: {len(content)} byte, {document.kind}. Cancellalo quando hai finito.")


def _line(document: Document, address: str) -> str:
    size = f"{(document.size_bytes + 1023) // 1024:>6} kB"
    return f"{document.id:>8}  {moment(document.added_at):<24}  {address:<40}  {document.kind:<4}  {size}"
