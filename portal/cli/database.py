"""`portal db`: brings the database to the newest schema, or back."""

from __future__ import annotations

import click

from portal import migrate
from portal.cli.context import pass_services
from portal.wiring import Services


@click.group("db")
def database() -> None:
    """Struttura della base di dati."""


@database.command()
@click.argument("revision", default="head")
@pass_services
def upgrade(services: Services, revision: str) -> None:
    """Aggiorna la struttura fino a REVISION (se manca, la più nuova)."""
    migrate.upgrade(services.engine, revision)
    click.echo(f"Base di dati aggiornata a {revision}.")


@database.command()
@click.argument("revision")
@click.confirmation_option(prompt="I dati delle tabelle tolte andranno persi. Continuare?")
@pass_services
def downgrade(services: Services, revision: str) -> None:
    """Riporta la struttura indietro a REVISION («base» toglie tutto)."""
    migrate.downgrade(services.engine, revision)
    click.echo(f"Base di dati riportata a {revision}.")
