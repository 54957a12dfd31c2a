"""`portal extras`: what was bought beside renewals and waits to be sent."""

from __future__ import annotations

import click

from portal.cli.context import pass_services, refuse
from portal.domain.errors import NotFound, OrderNumberInvalid
from portal.domain.order_numbers import normalise_order_number
from portal.formats import moment
from portal.usecases.extras import extras_waiting, mark_sent
from portal.wiring import Services


@click.group(invoke_without_command=True)
@click.option("--limit", default=100, show_default=True, help="Quanti se ne mostrano.")
@click.pass_context
def extras(context: click.Context, limit: int) -> None:
    """Mostra gli extra pagati e da spedire, da quello che aspetta da più tempo."""
    if context.invoked_subcommand is None:
        context.invoke(waiting, limit=limit)


@extras.command("list")
@click.option("--limit", default=100, show_default=True, help="Quanti se ne mostrano.")
@pass_services
def waiting(services: Services, limit: int) -> None:
    """Mostra gli extra pagati e da spedire, da quello che aspetta da più tempo."""
    with services.reading() as session:
        found = extras_waiting(session, limit=limit)
    if not found:
        click.echo("Non c'è niente da spedire.")
    for each in found:
        since = moment(each.paid_at) if each.paid_at else "—"
        extra = each.extra
        what = f"{extra.pieces} × {extra.code} ({extra.name_it})"
        click.echo(f"{each.number}  {what}  pagato {since}  {each.contact_email}")


@extras.command()
@click.argument("number")
@click.argument("code")
@pass_services
def sent(services: Services, number: str, code: str) -> None:
    """Segna come spedito l'extra CODE dell'ordine NUMBER."""
    try:
        with services.transaction() as session:
            extra = mark_sent(session, normalise_order_number(number), code, now=services.now())
    except (NotFound, OrderNumberInvalid):
        refuse(f"Nessun ordine pagato {number} con l'extra «{code}».")
    click.echo(f"Segnato come spedito: {extra.pieces} × {extra.name_it}.")
