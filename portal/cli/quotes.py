"""`portal quotes`: proves that what is charged is what was quoted."""

from __future__ import annotations

import click

from portal.cli.context import REFUSED, pass_services
from portal.domain.quotes import QuoteFault
from portal.usecases.quotes import verify_quotes
from portal.wiring import Services

FAULTS = {
    QuoteFault.HASH: "l'impronta non torna: il testo è stato cambiato",
    QuoteFault.LINE: "una riga non è quantità × anni × prezzo",
    QuoteFault.SUM: "le righe non fanno il totale",
    QuoteFault.VAT: "l'IVA non è quella del giorno",
    QuoteFault.DUE: "l'importo da pagare non segue dal totale",
    QuoteFault.COLUMNS: "le colonne non dicono quello che dice il testo",
    QuoteFault.ORDER: "l'ordine o le sue righe non hanno gli importi del preventivo",
}
"""By code."""


@click.group()
def quotes() -> None:
    """I preventivi dati ai clienti."""


@quotes.command()
@pass_services
def verify(services: Services) -> None:
    """Ricalcola ogni preventivo e lo confronta con il suo ordine; esce con 1 se qualcosa non torna."""
    proved = wrong = 0
    with services.reading() as session:
        for count, verdicts in verify_quotes(session):
            proved += count
            wrong += len(verdicts)
            for verdict in verdicts:
                order = f" (ordine {verdict.order_number})" if verdict.order_number else ""
                reasons = "; ".join(FAULTS[fault] for fault in verdict.faults)
                click.echo(f"Preventivo {verdict.public_id}{order}: {reasons}.", err=True)
    click.echo(f"Preventivi ricalcolati: {proved}, sbagliati: {wrong}.")
    if wrong:
        raise SystemExit(REFUSED)
