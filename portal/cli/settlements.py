"""The words for what became of money, for every command that brings some in."""

from __future__ import annotations

from portal.domain.dates import rome_day
from portal.elision import led
from portal.formats import euro, short_day
from portal.store.orders import Order
from portal.store.payments import Payment
from portal.usecases.payments import Outcome, Settlement, UnappliedReason

UNAPPLIED = 3
"""Exit code: the money was kept, but it pays no order and somebody has to look at it."""

REASONS: dict[str, str] = {
    UnappliedReason.UNKNOWN_ORDER: "nessun ordine ha questo numero",
    UnappliedReason.WRONG_AMOUNT: "l'importo non è quello dovuto ({due})",
    UnappliedReason.WRONG_CURRENCY: "non è in euro",
    UnappliedReason.ALREADY_PAID: "l'ordine era già pagato",
    UnappliedReason.ORDER_CANCELLED: "l'ordine era stato annullato",
    UnappliedReason.ORDER_EXPIRED: "l'ordine era scaduto",
}


def sentence(settlement: Settlement, cents: int) -> str:
    """Return what happened, precisely."""
    payment, order = settlement.payment, settlement.order
    if settlement.outcome is Outcome.APPLIED and order is not None:
        return f"Ordine {order.number} pagato: {euro(payment.amount_cents)}. Il rinnovo è partito."
    if settlement.outcome is Outcome.UNAPPLIED:
        return f"{euro(payment.amount_cents)} registrati senza ordine: {reason_text(payment, order)}."
    day = led("il", short_day(rome_day(payment.registered_at)))
    before = f"Già registrato {day}: {_as_it_was(payment, order)}."
    if payment.amount_cents != cents:
        before += f" Allora l'importo era {euro(payment.amount_cents)}, ora {euro(cents)}."
    return f"{before} Non è cambiato niente."


def reason_text(payment: Payment, order: Order | None) -> str:
    """Return why the money paid no order."""
    words = REASONS.get(payment.unapplied_reason or "", payment.unapplied_reason or "")
    return words.format(due=euro(order.due_cents) if order else "")


def _as_it_was(payment: Payment, order: Order | None) -> str:
    if payment.unapplied_reason is None and order is not None:
        return f"ha pagato l'ordine {order.number}"
    return f"somma senza ordine, {reason_text(payment, order)}"
