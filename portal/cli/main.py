"""The group of all commands."""

from __future__ import annotations

import click

from portal.cli.accounts import accounts, mailboxes
from portal.cli.database import database
from portal.cli.demo import demo
from portal.cli.imports import imports
from portal.cli.outbox import outbox
from portal.cli.payments import payments
from portal.cli.prices import prices
from portal.cli.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--demo", is_flag=True, help="Lavora sui dati di «portal demo» invece che su quelli veri.")
@click.version_option(package_name=None, version="0.1.0", prog_name="portal")
def main(demo: bool) -> None:
    """Gestisce il portale: dati, pagamenti, accessi, avvio."""


for command in (accounts, database, demo, imports, mailboxes, outbox, payments, prices, serve):
    main.add_command(command)
