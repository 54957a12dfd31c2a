"""`portal prices`: shows the price list in force on a day."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from portal.cli.context import pass_services, refuse
from portal.formats import euro
from portal.store.prices import prices_on
from portal.wiring import Services


@click.command()
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Giorno (anno-mese-giorno); se manca, oggi."
)
@pass_services
def prices(services: Services, day: datetime | None) -> None:
    """Mostra i prezzi in vigore, senza IVA."""
    asked = day.replace(tzinfo=UTC).date() if day else services.today()
    with services.reading() as session:
        in_force = prices_on(session, asked).prices
    if not in_force:
        refuse(
            f"Nessun prezzo in vigore il {asked.isoformat()}: importa un listino con «portal import prices»."
        )
    for item, price in in_force.items():
        years = ", ".join(str(years) for years in sorted(price.terms))
        until = f" al {price.valid_to.isoformat()}" if price.valid_to else ""
        net, since = euro(price.net_cents), price.valid_from.isoformat()
        click.echo(f"{item:<18}{net:>12} + IVA all'anno, per {years} anni; dal {since}{until}")
