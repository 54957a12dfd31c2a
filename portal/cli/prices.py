"""`portal prices`: everything that makes a price on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from portal.cli.context import pass_services, refuse
from portal.domain.conventions import Payer
from portal.domain.plans import SOLD_PLANS
from portal.domain.vat import vat_period_on
from portal.elision import led
from portal.formats import euro, per_cent, short_day
from portal.store.conventions import in_force_on as conventions_on
from portal.store.prices import prices_on
from portal.wiring import Services

WIDEST = 200
"""Columns of a terminal or of a pipe; nothing is cut."""


@click.command()
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Giorno (anno-mese-giorno); se manca, oggi."
)
@pass_services
def prices(services: Services, day: datetime | None) -> None:
    """Mostra che cosa vale in un giorno: listino, promozioni, extra, convenzioni, IVA. Senza IVA."""
    asked = day.replace(tzinfo=UTC).date() if day else services.today()
    with services.reading() as session:
        tables = _tables(session, asked)
    if not tables:
        refuse(
            f"Nessun prezzo in vigore il {asked.isoformat()}: importa un listino con «portal import prices»."
        )
    vat = vat_period_on(asked)
    since = f", {led('dal', short_day(vat.first_day))}" if vat.first_day > date.min else ""
    console = Console(width=WIDEST, highlight=False)
    console.print(f"Il {short_day(asked)}, importi senza IVA. Aliquota IVA: {per_cent(vat.rate)}%{since}.\n")
    for table in tables:
        console.print(table)


def _tables(session: Session, day: date) -> list[Table]:
    """Return a table for each kind of price in force, none without prices."""
    prices = prices_on(session, day)
    if not prices.prices:
        return []
    listed = _table("Listino", "voce", "all'anno", "anni", "dal", "al")
    for item, price in prices.prices.items():
        listed.add_row(
            item, euro(price.net_cents), _years(price.terms), *_period(price.valid_from, price.valid_to)
        )
    promoted = _table("Promozioni", "codice", "piani", "all'anno", "anni", "solo il primo", "dal", "al")
    for found in prices.promotions:
        promoted.add_row(
            found.code,
            ", ".join(plan for plan in SOLD_PLANS if plan in found.plans),
            euro(found.yearly_cents),
            _years(found.terms),
            "sì" if found.first_year_only else "no",
            *_period(found.valid_from, found.valid_to),
        )
    extras = _table("Extra, una volta sola", "codice", "nome", "al pezzo", "dal", "al")
    for extra in prices.extras.values():
        extras.add_row(
            extra.code, extra.name_it, euro(extra.net_cents), *_period(extra.valid_from, extra.valid_to)
        )
    return [table for table in (listed, promoted, extras, _conventions(session, day)) if table.row_count]


def _conventions(session: Session, day: date) -> Table:
    table = _table("Convenzioni", "codice", "ente", "piano", "anni", "in tutto", "dal", "al")
    for agreed in conventions_on(session, day).values():
        total = euro(agreed.total_net_cents) if agreed.payer is Payer.MEMBER else "paga l'ente"
        table.add_row(
            agreed.code,
            agreed.body,
            agreed.plan,
            str(agreed.term_years),
            total,
            *_period(agreed.valid_from, agreed.valid_to),
        )
    return table


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, justify="right" if head in {"all'anno", "al pezzo", "in tutto"} else "left")
    return table


def _years(terms: frozenset[int]) -> str:
    return ", ".join(str(years) for years in sorted(terms))


def _period(first: date, last: date | None) -> tuple[str, str]:
    return short_day(first), short_day(last) if last else "—"
