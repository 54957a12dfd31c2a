"""`portal withdrawals`: lists the refunds that withdrawals ask for and records that the money went back."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from portal.cli.context import USAGE, pass_services, refuse
from portal.domain.credit_errors import RefundUndecided
from portal.domain.errors import NotFound, OrderNumberInvalid, WithdrawalNotRefundable
from portal.domain.order_numbers import normalise_order_number
from portal.domain.refunds import RefundState
from portal.domain.withdrawal import WithdrawalState
from portal.elision import led
from portal.formats import euro, moment, short_day
from portal.store.orders import Order
from portal.store.refunds import GatewayRefund, refunds_of
from portal.store.withdrawals import Withdrawal, listed_withdrawals
from portal.usecases import refunds
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
        sent = refunds_of(session, [withdrawal.id for withdrawal, _ in rows])
    lines = [_line(each, order, sent.get(each.id)) for each, order in rows if each.refund_cents]
    for line in lines or ["Nessuno."]:
        click.echo(line)


@withdrawals.command()
@click.argument("number", metavar="NUMERO")
@click.option("--reference", required=True, help="Il codice del bonifico o dello storno.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Giorno del rimborso.")
@click.option(
    "--checked", is_flag=True, help="Ho controllato: dal gestore di pagamento non è partito niente."
)
@pass_services
def refunded(services: Services, number: str, reference: str, day: datetime, checked: bool) -> None:
    """Segna come rimborsato a mano il recesso dall'ordine NUMERO; lo stesso riferimento vale una volta."""
    on, identity = day.replace(tzinfo=UTC).date(), " ".join(reference.split())
    if on > services.today():
        refuse(f"Il {short_day(on)} deve ancora venire.", code=USAGE)
    if not identity or len(identity) > REFERENCE_LENGTH:
        refuse(f"Il riferimento deve avere da 1 a {REFERENCE_LENGTH} caratteri.", code=USAGE)
    try:
        with services.transaction() as session:
            found = refunds.mark_refunded(
                session,
                normalise_order_number(number),
                identity,
                refunded_on=on,
                now=services.now(),
                was_checked=checked,
            )
    except (NotFound, OrderNumberInvalid):
        refuse(f"Nessun recesso dall'ordine «{number}».")
    except WithdrawalNotRefundable as refusal:
        refuse(_WHY[refusal.state])
    except RefundUndecided as refusal:
        refuse(_UNDECIDED[refusal.state])
    click.echo(f"{euro(found.refund_cents)} rimborsati, riferimento {found.refund_reference}.")


@withdrawals.command()
@click.argument("number", metavar="NUMERO")
@pass_services
def retry(services: Services, number: str) -> None:
    """Chiede di nuovo al gestore di pagamento il rimborso dell'ordine NUMERO; non parte mai due volte."""
    try:
        with services.transaction() as session:
            done = refunds.retry(session, normalise_order_number(number), now=services.now())
    except (NotFound, OrderNumberInvalid):
        refuse(f"Nessun recesso dall'ordine «{number}».")
    if not done:
        refuse("Qui non c'è un rimborso in sospeso presso un gestore di pagamento.")
    click.echo("Lo richiediamo subito: guarda l'elenco tra poco.")


_UNDECIDED = {
    RefundState.OPEN: "Il rimborso è in corso presso il gestore di pagamento: aspetta l'esito.",
    RefundState.UNKNOWN: "Il gestore di pagamento può averlo fatto: «portal withdrawals retry»,"
    " o controlla da lui e ripeti con --checked.",
}
_SENT = {
    RefundState.OPEN: "in corso presso il gestore di pagamento",
    RefundState.UNKNOWN: "esito ignoto, da riprovare (retry)",
    RefundState.REFUSED: "rifiutato dal gestore di pagamento, da rimborsare a mano",
}
_WHY = {
    WithdrawalState.REQUESTED: "Le caselle non sono ancora tornate indietro: riprova tra poco.",
    WithdrawalState.EFFECTIVE: "Per questo recesso non c'è niente da rimborsare.",
    WithdrawalState.REFUNDED: "Già rimborsato con un altro riferimento: non è cambiato niente.",
}


def _line(withdrawal: Withdrawal, order: Order, sent: GatewayRefund | None) -> str:
    state = "in corso" if withdrawal.state is WithdrawalState.REQUESTED else "da rimborsare"
    if sent is not None:
        state = ": ".join(part for part in (_SENT.get(sent.state, state), sent.words) if part)
    if withdrawal.refunded_on:
        state = f"rimborsato {led('il', short_day(withdrawal.refunded_on))}, {withdrawal.refund_reference}"
    amount = f"{euro(withdrawal.refund_cents):>14}"
    return f"{order.number}  {amount}  {moment(withdrawal.requested_at)}  {withdrawal.name}: {state}"
