"""`portal withdrawals` and `portal import contracts` as the operator uses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.cli import main
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.domain.refunds import RefundState
from portal.domain.withdrawal import WithdrawalState
from portal.store.attempts import PaymentAttempt
from portal.store.refunds import GatewayRefund
from portal.store.withdrawals import Withdrawal
from portal.wiring import Services
from tests.factories import NOW, make_account, make_mailbox, make_order

NUMBER = new_order_number(bytes(RANDOM_BYTES))
SAMPLES = Path("portal/demo/contracts")


def portal(services: Services, *words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], obj=services)


def withdrawn(
    services: Services, state: WithdrawalState = WithdrawalState.EFFECTIVE, cents: int = 610
) -> None:
    with services.transaction() as session:
        box = make_mailbox(session, make_account(session))
        order = make_order(session, [box], number=NUMBER, state=OrderState.WITHDRAWN)
        session.add(
            Withdrawal(
                order_id=order.id,
                state=state,
                requested_at=NOW,
                name="Mario Rossi",
                email="mario@posta.example",
                address="192.0.2.9",
                refund_cents=cents,
                kept_cents=0,
            )
        )


def refund(services: Services, reference: str = "TRN 1", on: str = "2026-11-24") -> Result:
    return portal(services, "withdrawals", "refunded", NUMBER, "--reference", reference, "--on", on)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RefundState.OPEN, "in corso presso il gestore"),
        (RefundState.UNKNOWN, "esito ignoto, da riprovare (retry): why"),
        (RefundState.REFUSED, "rifiutato dal gestore di pagamento, da rimborsare a mano: why"),
    ],
)
def test_what_a_gateway_has_not_done_is_listed_with_its_reason(
    services: Services, state: RefundState, words: str
) -> None:
    withdrawn(services)
    through_gateway(services, state)

    listed = portal(services, "withdrawals", "list").stdout

    assert words in listed
    again = portal(services, "withdrawals", "retry", NUMBER)
    assert again.exit_code == (1 if state is RefundState.REFUSED else 0)
    by_hand = refund(services)
    assert by_hand.exit_code == (0 if state is RefundState.REFUSED else 1)


def through_gateway(services: Services, state: RefundState) -> None:
    with services.transaction() as session:
        withdrawal = session.scalars(select(Withdrawal)).one()
        attempt = PaymentAttempt(
            order_id=withdrawal.order_id,
            reference="p-1",
            method=PaymentMethod.CARD,
            gateway="simulated",
            amount_cents=610,
            state=PaymentState.SUCCEEDED,
            opened_at=NOW,
        )
        session.add(attempt)
        session.flush()
        session.add(
            GatewayRefund(
                withdrawal_id=withdrawal.id,
                attempt_id=attempt.id,
                reference="r-1",
                amount_cents=610,
                state=state,
                words="" if state is RefundState.OPEN else "why",
                opened_at=NOW,
            )
        )


def test_a_refund_is_listed_until_it_is_made(services: Services) -> None:
    withdrawn(services)

    before = portal(services, "withdrawals", "list").stdout
    done = refund(services)

    assert f"{NUMBER}          €\u00a06,10  24 novembre 2026, 10:00  Mario Rossi: da rimborsare" in before
    assert (done.exit_code, done.stdout) == (0, "€\u00a06,10 rimborsati, riferimento TRN 1.\n")
    assert portal(services, "withdrawals", "list").stdout == "Nessuno.\n"
    assert "rimborsato il 24/11/2026, TRN 1" in portal(services, "withdrawals", "list", "--refunded").stdout
    assert refund(services).exit_code == 0
    assert refund(services, "TRN 2").exit_code == 1


@pytest.mark.parametrize(
    ("state", "cents", "on", "code"),
    [
        (WithdrawalState.REQUESTED, 610, "2026-11-24", 1),
        (WithdrawalState.EFFECTIVE, 0, "2026-11-24", 1),
        (WithdrawalState.EFFECTIVE, 610, "2026-11-25", 2),
    ],
)
def test_what_cannot_be_refunded_is_refused(
    services: Services, state: WithdrawalState, cents: int, on: str, code: int
) -> None:
    withdrawn(services, state, cents)

    assert refund(services, on=on).exit_code == code


def test_nobody_withdrew(services: Services) -> None:
    assert refund(services).exit_code == 1


def test_texts_are_imported_once(services: Services) -> None:
    first, second = (portal(services, "import", "contracts", SAMPLES) for _ in range(2))

    assert (first.exit_code, first.output) == (0, "Testi nuovi: 9, invariati: 0.\n")
    assert second.output == "Testi nuovi: 0, invariati: 9.\n"


def test_one_text_leaves_others_missing(services: Services) -> None:
    done = portal(services, "import", "contracts", SAMPLES / "privacy.campione-1.it.txt")

    assert done.exit_code == 0
    assert "general_terms, onerous_clauses" in done.stderr


def test_a_bad_text_is_told_with_its_file_and_line(services: Services, tmp_path: Path) -> None:
    (tmp_path / "privacy.1.it.txt").write_text("title: Privacy\nvalid_from: 1/1/2026\n\nTesto.\n")

    done = portal(services, "import", "contracts", tmp_path)

    assert done.exit_code == 1
    assert "privacy.1.it.txt: riga 2, valid_from:" in done.stderr
    assert "Non è stato importato niente." in done.stderr


def test_an_empty_folder_and_a_missing_one(services: Services, tmp_path: Path) -> None:
    assert portal(services, "import", "contracts", tmp_path).exit_code == 1
    assert portal(services, "import", "contracts", tmp_path / "assente").exit_code == 2
