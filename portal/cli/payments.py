"""`portal payments`: registers money that arrived and shows what it paid, what it did not, what is owed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from portal.cli.context import USAGE, pass_services, refuse
from portal.cli.settlements import UNAPPLIED, reason_text, sentence
from portal.cli.statements import import_statement, resolve, tasks
from portal.domain.errors import AmountUnreadable
from portal.domain.money import parse_amount
from portal.domain.payments import REGISTRATION_TIMES, PaymentMethod
from portal.domain.refunds import RefundState
from portal.failpoints import Failpoint, reach
from portal.formats import euro, short_day
from portal.store.orders import Order
from portal.store.payments import Payment
from portal.store.refunds import refunds_of_payments
from portal.usecases.payments import (
    Outcome,
    owed_money,
    register_payment,
    unapplied_payments,
)
from portal.wiring import Services

LISTED = 1000
REFERENCE_LENGTH = 140
BY_HAND = [method.value for method, time in REGISTRATION_TIMES.items() if not time.is_immediate]
"""What reaches the operator by paper and statement; the rest is settled by gateways."""


class Amount(click.ParamType[int]):
    """Euros as people write them, in cents."""

    name = "importo"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            cents = value if isinstance(value, int) else parse_amount(str(value))
        except AmountUnreadable:
            self.fail(f"«{value}» non è un importo: scrivi per esempio 12.20 o 1.234,50", param, ctx)
        if cents == 0:
            self.fail("l'importo è zero", param, ctx)
        return cents


SENT_BACK: dict[RefundState | None, str] = {
    None: "",
    RefundState.OPEN: "; il gateway lo sta restituendo",
    RefundState.DONE: "; restituito dal gateway",
    RefundState.REFUSED: "; il gateway non lo restituisce: è nel credito",
    RefundState.UNKNOWN: "; restituzione di esito ignoto: portal outbox list --failed",
}
"""What has become of a charge whose order was cancelled meanwhile."""


@click.group("payments")
def payments() -> None:
    """Pagamenti arrivati: registrazione, estratti conto ed elenchi."""


for command in (import_statement, tasks, resolve):
    payments.add_command(command)


@payments.command()
@click.argument("number", metavar="NUMERO")
@click.option("--amount", "cents", type=Amount(), required=True, help="Importo in euro, per esempio 12.20.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Data valuta.")
@click.option("--method", type=click.Choice(BY_HAND), required=True, help="Come è arrivato.")
@click.option("--reference", required=True, help="Il codice della banca o della ricevuta: vale una volta.")
@pass_services
def register(services: Services, number: str, cents: int, day: datetime, method: str, reference: str) -> None:
    """Registra un pagamento per l'ordine NUMERO.

    Paga l'ordine solo se l'importo è esatto; altrimenti la somma resta registrata senza ordine (codice di
    uscita 3). Lo stesso riferimento una seconda volta non cambia niente.
    """
    paid_on = _day(services, day)
    identity = _reference(reference)
    with services.transaction() as session:
        settlement = register_payment(
            session, number, cents, paid_on, PaymentMethod(method), identity, now=services.now()
        )
    reach(Failpoint.PAYMENT_COMMITTED)
    click.echo(sentence(settlement, cents))
    if settlement.payment.vat_rate_differs:
        click.secho("Attenzione: il giorno del pagamento l'aliquota IVA era un'altra.", err=True, fg="yellow")
    if settlement.outcome is Outcome.UNAPPLIED:
        raise SystemExit(UNAPPLIED)


@payments.command("list")
@click.option("--unapplied", "which", flag_value="unapplied", default=True, help="Somme senza ordine.")
@click.option("--owed", "which", flag_value="owed", help="Somme dovute per caselle non rinnovate.")
@pass_services
def list_payments(services: Services, which: str) -> None:
    """Elenca le somme che non hanno pagato un ordine, o quelle da restituire."""
    lines = _owed(services) if which == "owed" else _unapplied(services)
    for line in lines or ["Nessuna."]:
        click.echo(line)


def _day(services: Services, day: datetime) -> date:
    asked = day.replace(tzinfo=UTC).date()
    if asked > services.today():
        refuse(f"Il {short_day(asked)} deve ancora venire.", code=USAGE)
    return asked


def _reference(text: str) -> str:
    stripped = " ".join(text.split())
    if not stripped or len(stripped) > REFERENCE_LENGTH:
        refuse(f"Il riferimento deve avere da 1 a {REFERENCE_LENGTH} caratteri.", code=USAGE)
    return stripped


def _unapplied(services: Services) -> list[str]:
    with services.reading() as session:
        rows = unapplied_payments(session, limit=LISTED)
        back = refunds_of_payments(session, [payment.id for payment, _ in rows])
    return [_unapplied_line(payment, order) + SENT_BACK[back.get(payment.id)] for payment, order in rows]


def _unapplied_line(payment: Payment, order: Order | None) -> str:
    named = order.number if order else repr(payment.remittance)
    amount = f"{short_day(payment.paid_on)}  {euro(payment.amount_cents):>14}"
    return f"{amount}  {payment.method:<14}  {payment.reference}  {named}: {reason_text(payment, order)}"


def _owed(services: Services) -> list[str]:
    with services.reading() as session:
        rows = owed_money(session, limit=LISTED)
    return [
        f"{owed.order.number}  {euro(owed.owed_cents):>14}  caselle non rinnovate: {owed.refused_count}"
        for owed in rows
    ]
