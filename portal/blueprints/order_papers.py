"""What the papers of an order say: the use case's values in words, and the operator's coordinates."""

from __future__ import annotations

from portal import web
from portal.blueprints.bank_days import bank_calendar
from portal.documents.frame import Letterhead
from portal.documents.instructions import Destination, ToPay
from portal.documents.order import PaperLine, PaperOrder
from portal.documents.transfer_qr import Transfer
from portal.domain.errors import NotFound
from portal.domain.payments import SLOW_METHODS, PaymentMethod
from portal.usecases import order_papers
from portal.usecases.order_papers import OrderOnPaper, OrderToPay


def letterhead() -> Letterhead:
    """Return the operator's head for papers."""
    settings = web.services().settings
    return Letterhead(settings.brand.name, settings.brand.support_email, settings.public_url)


def transfer_of(number: str) -> Transfer:
    """Return the transfer that pays the subject's order. Raises NotFound when none is awaited."""
    order, bank = _to_pay(number, PaymentMethod.BANK_TRANSFER).order, web.services().settings.bank
    return Transfer(bank.beneficiary, bank.iban, order.due_cents, order.number)


def to_pay_of(number: str) -> tuple[ToPay, Destination]:
    """Return what is to be paid by hand, and where to. Raises NotFound when nothing is."""
    found, bank = _to_pay(number, *SLOW_METHODS), web.services().settings.bank
    order, arrival = found.order, found.arrival
    to_pay = ToPay(
        order.number,
        order.due_cents,
        order.payment_method,
        found.payer,
        order.placed_at,
        arrival.earliest,
        arrival.latest,
    )
    return to_pay, Destination(bank.beneficiary, bank.iban, bank.bank, bank.postal_account)


def paper_of(number: str) -> PaperOrder:
    """Return the subject's order as its paper shows it. Raises NotFound."""
    found = order_papers.look_at_order(web.reading(), web.subject(), number)
    order = found.order
    return PaperOrder(
        order.number,
        order.placed_at,
        web.plain_words("orders/_state_text.html", order=order),
        web.plain_words("orders/_method_text.html", method=order.payment_method),
        [
            PaperLine(
                line.address,
                web.plain_words("orders/_line_text.html", line=line),
                line.expires_after,
                line.net_cents,
            )
            for line in found.lines
        ],
        found.line_count,
        order.net_cents,
        order.vat_rate,
        order.vat_cents,
        order.due_cents,
        _invoiced(found),
        _bought(found),
    )


def _invoiced(found: OrderOnPaper) -> list[tuple[str, str]]:
    """Return who is invoiced and when it was paid."""
    return _facts(web.plain_words("orders/_invoiced_text.html", order=found.order, billing=found.billing))


def _bought(found: OrderOnPaper) -> list[tuple[str, str]]:
    """Return what a top-up or more space bought, one fact a line of the template's words."""
    words = web.plain_words("orders/_bought_text.html", order=found.order, space=found.space)
    return _facts(words)


def _facts(words: str) -> list[tuple[str, str]]:
    """Return one fact a line of a template's words."""
    pairs = (line.partition(": ") for line in words.splitlines() if line.strip())
    return [(name, value) for name, _, value in pairs]


def _to_pay(number: str, *methods: PaymentMethod) -> OrderToPay:
    found = order_papers.look_at_order_to_pay(
        web.reading(), web.subject(), number, today=web.services().today(), calendar=bank_calendar()
    )
    if found.order.payment_method not in methods:
        raise NotFound
    return found
