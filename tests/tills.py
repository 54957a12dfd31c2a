"""An installation whose gateways are simulated, and people in front of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from portal import till
from portal.adapters.gateways.choice import SIMULATED_PAGES, Gateways
from portal.adapters.gateways.simulated.gateway import PAID, SimulatedGateway
from portal.domain.access import Subject, SubjectKind
from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.payments import PaymentMethod
from portal.store.attempts import PaymentAttempt
from portal.store.orders import Order
from portal.store.outbox import OutboxRow
from portal.store.payments import Payment
from portal.till import PayAnswer, Turn
from portal.wiring import Services
from tests.factories import make_account, make_mailbox, make_order

NUMBER = new_order_number(bytes(range(RANDOM_BYTES)))
CARD, PAYPAL = PaymentMethod.CARD, PaymentMethod.PAYPAL
SECRET = "whsec_for_the_tests_and_for_nothing_else"


def with_simulated(services: Services, **other: Any) -> Services:
    """Return the services with both methods taken by the simulated gateway, or by others given by method."""
    gateway = simulated(services)
    return replace(services, gateways=Gateways(dict.fromkeys(GATEWAY_METHODS, gateway) | other, gateway))


def simulated(services: Services) -> SimulatedGateway:
    path = services.settings.data_folder / "gateway.db"
    return SimulatedGateway(path, services.settings.public_url + SIMULATED_PAGES, SECRET, services.clock)


@dataclass(frozen=True)
class Till:
    """One unpaid order, its owner, and the gateway they stand before."""

    services: Services
    subject: Subject
    number: str = NUMBER

    @property
    def gateway(self) -> SimulatedGateway:
        gateway = self.services.gateways.simulated
        assert gateway is not None
        return gateway

    def pay(self, method: PaymentMethod = CARD) -> PayAnswer:
        """Press «Paga»."""
        return till.pay(self.services, self.subject, self.number, method)

    def opened(self, method: PaymentMethod = CARD) -> str:
        """Press «Paga» and come to the gateway's page; return the attempt's reference."""
        assert self.pay(method).turn is Turn.TO_PAGE
        return self.attempts()[-1].reference

    def decide(self, decision: str = PAID, **how: Any) -> None:
        """Decide on the page of the newest attempt."""
        self.gateway.decide(self.attempts()[-1].gateway_key, decision, **how)

    def come_back(self, reference: str) -> None:
        till.look_again(self.services, self.subject, self.number, reference)

    def webhook(self, reference: str, event_id: str = "evt_1") -> None:
        headers, body = self.gateway.event(reference, event_id)
        till.hear(self.services, "simulated", headers, body)

    def order(self) -> Order:
        with self.services.reading() as session:
            return session.scalars(select(Order).where(Order.number == self.number)).one()

    def attempts(self) -> list[PaymentAttempt]:
        with self.services.reading() as session:
            return list(session.scalars(select(PaymentAttempt).order_by(PaymentAttempt.id)))

    def payments(self) -> list[Payment]:
        with self.services.reading() as session:
            return list(session.scalars(select(Payment).order_by(Payment.id)))

    def effects(self) -> int:
        """Return how many lines were given to be renewed."""
        with self.services.reading() as session:
            renewals = select(func.count()).where(OutboxRow.kind == "platform.renew")
            return session.scalar(renewals) or 0


def open_till(services: Services, *, mailboxes: int = 1, **fields: Any) -> Till:
    """Return the till of an account with an unpaid order by card: 6.10 euros a mailbox."""
    with services.transaction() as session:
        account = make_account(session)
        boxes = [make_mailbox(session, account) for _ in range(mailboxes)]
        make_order(session, boxes, number=NUMBER, **{"payment_method": CARD, **fields})
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    return Till(with_simulated(services), subject)
