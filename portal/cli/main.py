"""The group of all commands; each is loaded when it is called, without the libraries of the others."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "accounts": "portal.cli.accounts:accounts",
    "audit": "portal.cli.audit:audit",
    "clock": "portal.cli.clock:clock",
    "credit": "portal.cli.credit:credit",
    "db": "portal.cli.database:database",
    "documents": "portal.cli.documents:documents",
    "doctor": "portal.cli.doctor:doctor",
    "demo": "portal.cli.demo:demo",
    "extras": "portal.cli.extras:extras",
    "history": "portal.cli.history:history",
    "import": "portal.cli.imports:imports",
    "mailboxes": "portal.cli.accounts:mailboxes",
    "outbox": "portal.cli.outbox:outbox",
    "payments": "portal.cli.payments:payments",
    "prices": "portal.cli.prices:prices",
    "quotes": "portal.cli.quotes:quotes",
    "serve": "portal.cli.serve:serve",
    "withdrawals": "portal.cli.withdrawals:withdrawals",
    "tick": "portal.cli.clock:tick",
}
"""Where each command is."""


class _Commands(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--demo", is_flag=True, help="Lavora sui dati di «portal demo» invece che su quelli veri.")
@click.version_option(package_name=None, version="0.1.0", prog_name="portal")
def main(demo: bool) -> None:
    """Gestisce il portale: dati, pagamenti, accessi, avvio."""
