"""`portal withdrawals`: lists the refunds that withdrawals ask for and records that the money went back."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from portal.cli.context import USAGE, pass_services, refuse
from portal.domain.errors import NotFound, OrderNumberInvalid, WithdrawalNotRefundable
from portal.domain.order_numbers import normalise_order_number
from portal.domain.withdrawal import WithdrawalState
from portal.formats import euro, moment, short_day
from portal.store.orders import Order
from portal.store.withdrawals import Withdrawal, listed_withdrawals
from portal.usecases.withdrawals import mark_refunded
from portal.wiring import Services

LISTED = 1000
REFERENCE_LENGTH = 140
OPEN = (WithdrawalState.REQUESTED, WithdrawalState.EFFECTIVE)


@click.group("withdrawals")
def withdrawals() -> None:
    """Recessi: rimborsi da fare e fatti."""


@withdrawals.command("list")
@click.option("--refunded", "done", is_flag=True, help="Quelli già rimborsati.")
@pass_services
def list_withdrawals(services: Services, done: bool) -> None:
    """Elenca i recessi con un rimborso da fare, dal più vecchio."""
    states = (WithdrawalState.REFUNDED,) if done else OPEN
    with services.reading() as session:
        rows = listed_withdrawals(session, states, limit=LISTED)
    lines = [_line(withdrawal, order) for withdrawal, order in rows if withdrawal.refund_cents]
    for line in lines or ["Nessuno."]:
        click.echo(line)


@withdrawals.command()
@click.argument("number", metavar="NUMERO")
@click.option("--reference", required=True, help="Il codice del bonifico o dello storno.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Giorno del rimborso.")
@pass_services
def refunded(services: Services, number: str, reference: str, day: datetime) -> None:
    """Segna come rimborsato il recesso dall'ordine NUMERO; lo stesso riferimento vale una volta."""
    on, identity = day.replace(tzinfo=UTC).date(), " ".join(reference.split())
    if on > services.today():
        refuse(f"Il {short_day(on)} deve ancora venire.", code=USAGE)
    if not identity or len(identity) > REFERENCE_LENGTH:
        refuse(f"Il riferimento deve avere da 1 a {REFERENCE_LENGTH} caratteri.", code=USAGE)
    try:
        with services.transaction() as session:
            found = mark_refunded(session, normalise_order_number(number), identity, refunded_on=on)
    except (NotFound, OrderNumberInvalid):
        refuse(f"Nessun recesso dall'ordine «{number}».")
    except WithdrawalNotRefundable as refusal:
        refuse(_WHY[refusal.state])
    click.echo(f"{euro(found.refund_cents)} rimborsati, riferimento {found.refund_reference}.")


_WHY = {
    WithdrawalState.REQUESTED: "Le caselle non sono ancora tornate indietro: riprova tra poco.",
    WithdrawalState.EFFECTIVE: "Per questo recesso non c'è niente da rimborsare.",
    WithdrawalState.REFUNDED: "Già rimborsato con un altro riferimento: non è cambiato niente.",
}


def _line(withdrawal: Withdrawal, order: Order) -> str:
    state = "in corso" if withdrawal.state is WithdrawalState.REQUESTED else "da rimborsare"
    if withdrawal.refunded_on:
        state = f"rimborsato il {short_day(withdrawal.refunded_on)}, {withdrawal.refund_reference}"
    amount = f"{euro(withdrawal.refund_cents):>14}"
    return f"{order.number}  {amount}  {moment(withdrawal.requested_at)}  {withdrawal.name}: {state}"
