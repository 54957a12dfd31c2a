"""`portal payments` as the operator uses it: precise sentences, exit codes, nothing counted twice."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.cli import main
from portal.cli.settlements import REASONS
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import LineState, OrderState
from portal.store.orders import Order, OrderLine
from portal.usecases.payments import UnappliedReason
from portal.wiring import Services
from tests.factories import make_account, make_mailbox, make_order

NUMBER = new_order_number(bytes(RANDOM_BYTES))


@pytest.fixture(autouse=True)
def _order(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_order(session, [make_mailbox(session, account) for _ in range(2)], number=NUMBER)


def register(services: Services, *, number: str = NUMBER, **options: str) -> Result:
    values = {"amount": "12.20", "on": "2026-11-20", "method": "bank_transfer", "reference": "TRN", **options}
    words = [word for name, value in values.items() for word in (f"--{name}", value)]
    return CliRunner().invoke(main, ["payments", "register", number, *words], obj=services)


def listed(services: Services, *options: str) -> str:
    return CliRunner().invoke(main, ["payments", "list", *options], obj=services).stdout


def state(services: Services) -> OrderState:
    with services.reading() as session:
        return session.scalars(select(Order.state)).one()


@pytest.mark.parametrize("amount", ["12.20", "12,20", "€ 12,20"])
def test_the_exact_amount_pays(services: Services, amount: str) -> None:
    result = register(services, amount=amount)

    assert (result.exit_code, result.stdout) == (
        0,
        f"Ordine {NUMBER} pagato: €\u00a012,20. Il rinnovo è partito.\n",
    )
    assert state(services) is OrderState.PAID


def test_the_same_again_changes_nothing_and_says_so(services: Services) -> None:
    register(services)

    again = register(services, amount="99")

    assert again.exit_code == 0
    assert again.stdout == (
        f"Già registrato il 24/11/2026: ha pagato l'ordine {NUMBER}."
        " Allora l'importo era €\u00a012,20, ora €\u00a099,00. Non è cambiato niente.\n"
    )


def test_a_wrong_amount_is_kept_and_listed(services: Services) -> None:
    result = register(services, amount="12.21")

    sentence = "€\u00a012,21 registrati senza ordine: l'importo non è quello dovuto (€\u00a012,20).\n"
    assert (result.exit_code, result.stdout) == (3, sentence)
    assert state(services) is OrderState.AWAITING_PAYMENT
    assert f"20/11/2026         €\u00a012,21  bank_transfer   TRN  {NUMBER}: " in listed(
        services, "--unapplied"
    )


def test_an_unknown_number_is_kept_and_listed_as_it_was_read(services: Services) -> None:
    result = register(services, number="boh")

    assert result.exit_code == 3
    assert "'boh': nessun ordine ha questo numero" in listed(services)


def test_what_is_owed_for_refused_mailboxes_is_listed(services: Services) -> None:
    register(services)
    with services.transaction() as session:
        line = session.scalars(select(OrderLine).limit(1)).one()
        line.state = LineState.REFUSED

    assert listed(services, "--owed") == f"{NUMBER}          €\u00a06,10  caselle non rinnovate: 1\n"


@pytest.mark.parametrize("which", ["--unapplied", "--owed"])
def test_an_empty_list_says_so(services: Services, which: str) -> None:
    assert listed(services, which) == "Nessuna.\n"


@pytest.mark.parametrize(
    "options",
    [
        {"amount": "1.234"},
        {"amount": "0"},
        {"amount": "-5"},
        {"on": "2026-11-25"},
        {"on": "20/11/2026"},
        {"method": "cash"},
        {"method": "card"},
        {"reference": " "},
        {"reference": "x" * 141},
    ],
)
def test_what_cannot_be_right_is_refused(services: Services, options: dict[str, str]) -> None:
    result = register(services, **options)

    assert result.exit_code == 2
    assert state(services) is OrderState.AWAITING_PAYMENT


def test_another_vat_rate_is_pointed_out(services: Services) -> None:
    assert "aliquota IVA" in register(services, on="2013-09-30").stderr


def test_every_reason_has_its_words() -> None:
    assert set(REASONS) == set(UnappliedReason)
