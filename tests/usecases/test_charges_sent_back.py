"""Switched off or cancelled while the gateway is at a charge: it renews nothing, and its money goes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from portal.cli.main import main
from portal.domain.attempts import Failure, Standing
from portal.domain.auto_renewal import CycleState
from portal.domain.credit import LedgerAccount
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.domain.refunds import RefundState
from portal.ports import (
    GatewayReport,
    MethodToken,
    PaymentRequest,
    RefundReport,
    RefundRequest,
    Unavailable,
)
from portal.store.ledger import LedgerEntry
from portal.store.mails import Mail
from portal.store.refunds import GatewayRefund
from portal.usecases import auto_renewals, auto_renewals_of_many, wallets
from portal.usecases.audit import audit
from portal.usecases.orders import cancel_order
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.conftest import Clock
from tests.tills import with_simulated
from tests.usecases.renewing import Days, renewing

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ASKED = ("auto_renewal.charge", "payment.ask", "payment.refund", "platform.renew")


@dataclass
class Slow:
    """A gateway whose answer to a charge is lost, and that tells afterwards what became of it."""

    takes: bool = True
    gives_back: bool = True
    charged: list[str] = field(default_factory=list)
    given_back: dict[str, int] = field(default_factory=dict)
    name: str = "simulated"

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        self.charged.append(request.reference)
        raise Unavailable("no answer")

    def ask(self, request: PaymentRequest) -> GatewayReport:
        if self.takes:
            return GatewayReport(Standing.DONE, amount_cents=request.amount_cents)
        return GatewayReport(Standing.FAILED, failure=Failure.REFUSED)

    def close(self, request: PaymentRequest) -> GatewayReport:
        return self.ask(request)

    def refund(self, request: RefundRequest) -> RefundReport:
        if not self.gives_back:
            return RefundReport(Standing.FAILED, words="card closed")
        self.given_back[request.reference] = request.amount_cents
        return RefundReport(Standing.DONE, key="re_1")


def switch_off(days: Days) -> None:
    services = days.services
    with services.transaction() as session:
        address = days.mailbox().address
        auto_renewals.switch_off(session, days.subject, address, today=services.today(), now=services.now())


def switch_all_off(days: Days) -> None:
    services = days.services
    with services.transaction() as session:
        auto_renewals_of_many.switch_many_off(
            session, days.subject, everything=True, today=services.today(), now=services.now()
        )


def cancel(days: Days) -> None:
    with days.services.transaction() as session:
        cancel_order(session, days.subject, days.orders()[0].number, now=days.services.now())


ways = pytest.mark.parametrize("way", [switch_off, switch_all_off, cancel])


def charging(services: Services, clock: Clock, gateway: Slow) -> Days:
    """Return a mailbox whose charge has been asked for, and nobody knows what became of it."""
    days = renewing(services, clock)
    days.services = with_simulated(services, card=gateway)
    days.before(7)
    assert (days.states(), len(gateway.charged)) == ([CycleState.CHARGING], 1)
    return days


def answers(days: Days) -> None:
    """Let the gateway be asked, and asked again."""
    for _ in range(3):
        days.clock.forward(minutes=20)
        days.do_rows(ASKED)


def mails(days: Days) -> dict[str, Mail]:
    with days.services.reading() as session:
        return {mail.kind: mail for mail in session.scalars(select(Mail).order_by(Mail.id))}


def credit(days: Days) -> int:
    with days.services.reading() as session:
        return wallets.balance_of(session, days.subject, today=days.services.today())


def contradictions(days: Days) -> list[str]:
    with days.services.reading() as session:
        return [str(each) for each in audit(session, today=days.services.today(), now=days.services.now())]


def unclaimed(days: Days) -> int:
    with days.services.reading() as session:
        of_nobody = LedgerEntry.account == LedgerAccount.UNCLAIMED
        return session.scalar(select(func.sum(LedgerEntry.amount_cents)).where(of_nobody)) or 0


@ways
def test_a_charge_under_way_goes_back_and_renews_nothing(
    services: Services, clock: Clock, way: Callable[[Days], None]
) -> None:
    gateway = Slow()
    days = charging(services, clock, gateway)
    expiry = days.expiry()

    way(days)
    answers(days)

    assert [order.state for order in days.orders()] == [OrderState.CANCELLED]
    assert (days.states(), days.expiry()) == ([CycleState.SKIPPED], expiry)
    assert (list(gateway.given_back.values()), len(gateway.charged)) == ([610], 1)
    assert (credit(days), unclaimed(days)) == (0, 0)
    assert days.told("charge_sent_back") == [
        ("charge_sent_back", "studio@posta.example"),
        ("charge_sent_back", "mario@posta.example"),
    ]
    assert days.told("order_credited", "payment_confirmation") == []
    assert contradictions(days) == []


@ways
def test_who_says_no_in_the_middle_of_a_charge_is_told_what_follows(
    services: Services, clock: Clock, way: Callable[[Days], None]
) -> None:
    days = charging(services, clock, Slow())

    way(days)

    told = [
        mail for kind, mail in mails(days).items() if kind in ("order_cancelled", "auto_renewal_disabled")
    ]
    assert told
    assert all(mail.context["charging"] for mail in told)


def test_a_charge_that_is_refused_after_all_needs_nothing(services: Services, clock: Clock) -> None:
    gateway = Slow(takes=False)
    days = charging(services, clock, gateway)

    switch_off(days)
    answers(days)

    assert (days.payments(), gateway.given_back, credit(days)) == (0, {}, 0)
    assert "charge_sent_back" not in mails(days)
    assert contradictions(days) == []


def test_what_the_gateway_will_not_give_back_becomes_credit(services: Services, clock: Clock) -> None:
    days = charging(services, clock, Slow(gives_back=False))

    switch_off(days)
    answers(days)

    assert (credit(days), unclaimed(days)) == (610, 0)
    assert mails(days)["order_credited"].context["credit_until"]
    assert contradictions(days) == []


def test_while_nobody_knows_the_money_is_nobodys_to_spend(services: Services, clock: Clock) -> None:
    days = charging(services, clock, Slow())
    switch_off(days)
    days.clock.forward(minutes=2)

    days.do_rows(("payment.ask",))

    assert (credit(days), unclaimed(days)) == (0, 610)
    assert contradictions(days) == []
    with days.services.reading() as session:
        assert [each.state for each in session.scalars(select(GatewayRefund))] == [RefundState.OPEN]


@pytest.mark.parametrize(
    ("gives_back", "kinds", "words"),
    [
        (True, ("payment.ask",), "lo sta restituendo"),
        (True, ASKED, "restituito dal gateway"),
        (False, ASKED, "è nel credito"),
    ],
)
def test_the_operator_sees_that_nothing_is_to_be_sent_by_hand(
    services: Services, clock: Clock, gives_back: bool, kinds: tuple[str, ...], words: str
) -> None:
    days = charging(services, clock, Slow(gives_back=gives_back))
    cancel(days)
    days.clock.forward(minutes=20)
    days.do_rows(kinds)

    answer = CliRunner().invoke(main, ["payments", "list", "--unapplied"], obj=days.services)

    assert words in answer.output


def test_a_transfer_for_the_cancelled_order_is_credit_as_ever(services: Services, clock: Clock) -> None:
    days = charging(services, clock, Slow(takes=False))
    cancel(days)
    with days.services.transaction() as session:
        number, method = days.orders()[0].number, PaymentMethod.BANK_TRANSFER
        today, now = days.services.today(), days.services.now()
        register_payment(session, number, 610, today, method, "TRN", now=now)

    assert credit(days) == 610
