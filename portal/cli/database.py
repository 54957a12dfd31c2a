"""`portal db`: brings the database to the newest schema, or back; says what its roles may do."""

from __future__ import annotations

import re

import click

from portal import migrate
from portal.cli.context import USAGE, pass_services, refuse
from portal.store.grants import Role, statements
from portal.wiring import Services

ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


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


@database.command()
@click.argument("name")
@click.option(
    "--for",
    "role",
    type=click.Choice([role.value for role in Role]),
    default=Role.SERVING.value,
    show_default=True,
    help="serving: sito e worker; keeping: orologio e comandi.",
)
def grants(name: str, role: str) -> None:
    """Scrive l'SQL che dà al ruolo NAME di PostgreSQL il minimo che gli serve.

    Lo esegue chi possiede le tabelle, dopo ogni «portal db upgrade»: «portal db grants portal_web | psql».
    """
    if not ROLE_NAME.fullmatch(name):
        refuse("Il nome di un ruolo ha lettere minuscole, cifre e «_».", code=USAGE)
    for statement in ("BEGIN", *statements(Role(role), f'"{name}"'), "COMMIT"):
        click.echo(f"{statement};")
