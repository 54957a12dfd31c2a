"""`portal quotes` and `portal extras` as the operator uses them: what is proved, what waits to be sent."""

from __future__ import annotations

from click.testing import CliRunner, Result
from sqlalchemy import select, update

from portal.cli import main
from portal.cli.quotes import FAULTS
from portal.domain.orders import OrderState
from portal.domain.quotes import QuoteFault
from portal.store.extras import ExtraRow
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.usecases.draft_extras import choose_extras
from portal.wiring import Services
from tests.factories import TODAY
from tests.usecases.carts import choose_transfer, fill_cart, place


def portal(services: Services, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), obj=services)


def ordered(services: Services, kits: int = 2) -> str:
    """Place an order with so many kits; return its number."""
    with services.transaction() as session:
        session.add(ExtraRow(code="kit", name_it="Kit", name_en="Kit", net_cents=3600, valid_from=TODAY))
    cart = fill_cart(services, {})
    today, now = services.today(), services.now()
    with services.transaction() as session:
        choose_extras(session, cart.subject, cart.draft, {"kit": kits}, today=today, now=now)
    choose_transfer(services, cart)
    return place(services, cart).number


def pay(services: Services) -> None:
    with services.transaction() as session:
        session.execute(update(Order).values(state=OrderState.PAID, paid_at=services.now()))


def test_every_quote_is_proved(services: Services) -> None:
    ordered(services)

    result = portal(services, "quotes", "verify")

    assert (result.exit_code, result.stdout) == (0, "Preventivi ricalcolati: 1, sbagliati: 0.\n")


def test_an_order_that_charges_more_than_was_quoted_is_named(services: Services) -> None:
    number = ordered(services)
    with services.transaction() as session:
        order = session.scalars(select(Order)).one()
        order.net_cents, order.gross_cents, order.due_cents = (
            9_000,
            9_000 + order.vat_cents,
            9_000 + order.vat_cents,
        )

    result = portal(services, "quotes", "verify")

    assert result.exit_code == 1
    assert (
        f"(ordine {number}): l'ordine o le sue righe non hanno gli importi del preventivo." in result.stderr
    )


def test_every_fault_has_its_words() -> None:
    assert set(FAULTS) == set(QuoteFault)


def test_what_is_paid_is_sent_once(services: Services) -> None:
    number = ordered(services)
    assert portal(services, "extras").stdout == "Non c'è niente da spedire.\n"
    assert portal(services, "extras", "sent", number, "kit").exit_code == 1
    pay(services)

    assert f"{number}  2 × kit (Kit)" in portal(services, "extras", "list").stdout
    sent = portal(services, "extras", "sent", number.lower(), "KIT")

    assert (sent.exit_code, sent.stdout) == (0, "Segnato come spedito: 2 × Kit.\n")
    assert portal(services, "extras", "sent", number, "kit").exit_code == 0
    with services.reading() as session:
        told = list(session.scalars(select(Mail.recipient).where(Mail.kind == "extra_sent")))
    assert len(told) == len(set(told)) > 0, "the customer hears of it once"
    assert portal(services, "extras").stdout == "Non c'è niente da spedire.\n"


def test_an_order_or_an_extra_that_does_not_exist_is_told(services: Services) -> None:
    number = ordered(services)
    pay(services)

    for words in ((number, "oro"), ("nessuno", "kit")):
        result = portal(services, "extras", "sent", *words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Nessun ordine pagato" in result.stderr
