"""`portal credit` and `portal audit`: what operators give, take, reverse and pay back, and are told."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from portal.cli.main import main
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.store.ledger import LedgerPosting
from portal.usecases.payments import Money, settle
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OWNER = "100200@aruba.it"
NUMBER = new_order_number(bytes(range(RANDOM_BYTES)))


@pytest.fixture
def shop(services: Services) -> Services:
    """An account, and a leftover of 6.10 from a cancelled order."""
    with services.transaction() as session:
        account = make_account(session, OWNER)
        box = make_mailbox(session, account)
        order = make_order(session, [box], number=NUMBER, state=OrderState.CANCELLED)
        settle(session, Money(order.number, 610, TODAY, PaymentMethod.BANK_TRANSFER, "T1"), now=NOW)
        settle(session, Money("?", 700, TODAY, PaymentMethod.BANK_TRANSFER, "T2"), now=NOW)
    return services


def run(services: Services, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["credit", *arguments], obj=services)


def adjust(services: Services, amount: str, reference: str, *more: str) -> Result:
    return run(
        services, "adjust", OWNER, "--amount", amount, "--reference", reference, "--reason", "Cortesia", *more
    )


def test_credit_is_given_and_taken_once(shop: Services) -> None:
    given = [adjust(shop, "5", "A1").output for _ in range(2)]
    taken = adjust(shop, "1", "A2", "--take").output

    assert given == ["Credito disponibile: €\u00a011,10.\n", "Già registrato: non è cambiato niente.\n"]
    assert taken == "Credito disponibile: €\u00a010,10.\n"
    assert "Cortesia" in run(shop, "list", OWNER).output
    assert OWNER in run(shop, "list").output


def test_more_than_there_is_cannot_be_taken(shop: Services) -> None:
    result = adjust(shop, "6,11", "A1", "--take")

    assert result.exit_code == 1
    assert "non basta" in result.output


def test_an_adjustment_is_reversed_once(shop: Services) -> None:
    adjust(shop, "5", "A1")
    with shop.reading() as session:
        posting = session.scalars(select(LedgerPosting.id).where(LedgerPosting.source == "A1")).one()

    outputs = [run(shop, "reverse", str(posting), "--reason", "Errore").output for _ in range(2)]

    assert outputs == ["Stornato: -€\u00a05,00.\n", "Già registrato: non è cambiato niente.\n"]


def test_a_leftover_is_paid_back_and_what_was_given_is_not(shop: Services) -> None:
    adjust(shop, "5", "A1")

    too_much = run(shop, "refund", OWNER, "--amount", "6,11", "--reference", "R1")
    back = [run(shop, "refund", OWNER, "--amount", "6,10", "--reference", "R1").output for _ in range(2)]

    assert too_much.exit_code == 1
    assert back == ["Credito disponibile: €\u00a05,00.\n", "Già registrato: non è cambiato niente.\n"]


def test_money_of_nobody_finds_its_owner_once(shop: Services) -> None:
    outputs = [run(shop, "assign", "T2", OWNER).output for _ in range(2)]

    assert outputs == ["Credito disponibile: €\u00a013,10.\n", "Già registrato: non è cambiato niente.\n"]
    assert run(shop, "assign", "T1", OWNER).exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "nessuno@aruba.it"),
        ("reverse", "999", "--reason", "x"),
        ("refund", "nessuno@aruba.it", "--amount", "1", "--reference", "R"),
    ],
)
def test_what_does_not_exist_is_said(shop: Services, arguments: tuple[str, ...]) -> None:
    result = run(shop, *arguments)

    assert result.exit_code == 1
    assert "Nessun" in result.output


def test_the_audit_says_that_all_is_well(shop: Services) -> None:
    result = CliRunner().invoke(main, ["audit"], obj=shop)

    assert (result.exit_code, result.output[:12]) == (0, "Tutto torna:")


def test_the_audit_names_what_is_off(shop: Services) -> None:
    with shop.transaction() as session:
        session.execute(text("UPDATE wallet SET balance_cents = 1"))

    result = CliRunner().invoke(main, ["audit"], obj=shop)

    assert result.exit_code == 1
    assert "credito il cui saldo non segue dalle scritture: 1" in result.output
