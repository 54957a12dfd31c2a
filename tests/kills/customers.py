"""Customers who renew by HTTP whatever dies meanwhile: they press again, as people and their browsers do."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TypeVar

import requests
from sqlalchemy import Select, select

from portal.domain.payments import PaymentMethod
from portal.store.orders import Order, OrderLine
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.blueprints.people import PASSWORD
from tests.blueprints.shop import ACCEPTED
from tests.servers.stripe_fake import FakeStripe

INPUT = re.compile(r'<input[^>]*name="(csrf_token|(?:shown|text)_\w+)"[^>]*value="([^"]*)"')
SECONDS = 30
Answer = TypeVar("Answer")


class Again(Exception):
    """The site could not answer: whoever asked asks once more."""


class Visitor:
    """A browser that keeps its cookies, whichever of the site's processes answers."""

    def __init__(self) -> None:
        self._session = requests.Session()

    def get(self, url: str) -> requests.Response:
        return self._session.get(url, timeout=SECONDS)

    def post(self, url: str, fields: dict[str, str]) -> requests.Response:
        return self._session.post(url, fields, timeout=SECONDS, allow_redirects=False)

    def submit(self, page: str, url: str, **fields: str) -> requests.Response:
        """Send a form with the hidden fields of its page."""
        return self.post(url, self.fields_of(page) | fields)

    def fields_of(self, page: str) -> dict[str, str]:
        return dict(INPUT.findall(self.get(page).text))


def is_up(site: str) -> bool:
    """Say whether the site answers and can work."""
    with suppress(requests.RequestException):
        return requests.get(f"{site}/readyz", timeout=5).status_code == 200
    return False


def sign_in(visitor: Visitor, site: str, identifier: str) -> requests.Response:
    url = f"{site}/accedi"
    return visitor.submit(url, url, identifier=identifier, password=PASSWORD)


def ready_to_confirm(visitor: Visitor, site: str, address: str, **payment: str) -> str:
    """Walk to «Conferma» with one mailbox; return the path of that page."""
    place = f"{site}/caselle/{address}/rinnova"
    draft = visitor.submit(place, place).headers["Location"]
    step = f"{site}{draft}/pagamento"
    visitor.submit(step, step, **({"method": "bank_transfer"} | payment))
    return f"{draft}/conferma"


@dataclass
class Customer:
    """Somebody with many mailboxes, who renews one after the other and pays by card or transfer."""

    identifier: str
    addresses: list[str]
    services: Services
    site: str
    stripe: FakeStripe
    seed: int
    over: Event
    orders: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    """What a customer must never see."""
    retries: int = 0

    def in_thread(self) -> Thread:
        thread = Thread(target=self._live, name=self.identifier, daemon=True)
        thread.start()
        return thread

    def _live(self) -> None:
        try:
            self._renew_all()
        except AssertionError as surprise:
            self.trouble.append(str(surprise))

    def _renew_all(self) -> None:
        chance, visitor = random.Random(self.seed), Visitor()
        self._insist(lambda: _answered(sign_in(visitor, self.site, self.identifier), 303))
        for address in self.addresses:
            if self.over.is_set():
                return
            by_card = chance.random() < 0.5
            number = self._order(visitor, address, by_card=by_card)
            if number and by_card:
                self._pay_by_card(visitor, number, comes_back=chance.random() < 0.5)
            elif number:
                self._pay_by_transfer(number)

    def _order(self, visitor: Visitor, address: str, *, by_card: bool) -> str:
        """Order, and press «Conferma» twice; return the one number there is."""
        choice = {"method": "card" if by_card else "bank_transfer", "auto_renewal": "no"}

        def walk() -> tuple[str, dict[str, str]]:
            url = f"{self.site}{ready_to_confirm(visitor, self.site, address, **choice)}"
            fields = visitor.fields_of(url)
            if "shown_due_cents" not in fields:
                raise Again(url)
            return url, fields | ACCEPTED

        def confirm() -> requests.Response:
            return _answered(visitor.post(url, fields), 303)

        url, fields = self._insist(walk)
        for _ in range(2):
            self._insist(confirm)
        with self.services.reading() as session:
            found = session.scalars(_orders_of(address)).all()
        if len(found) != 1:
            self.trouble.append(f"{address}: orders {found}")
            return ""
        self.orders.append(found[0])
        return found[0]

    def _pay_by_card(self, visitor: Visitor, number: str, *, comes_back: bool) -> None:
        """Pay on the gateway's page, then come back, or let the gateway tell it, which tells it twice."""
        order = f"{self.site}/ordini/{number}"

        def go() -> str:
            return _answered(visitor.submit(order, f"{order}/paga", method="card"), 303).headers["Location"]

        page = self._insist(go)
        if not page.startswith(self.stripe.url):
            return
        self.stripe.decide(page)
        reference = self.stripe.sessions[page.rsplit("/", 1)[1]]["client_reference_id"]
        if comes_back:
            self._insist(lambda: _answered(visitor.get(f"{order}/pagamento/{reference}"), 200))
            return
        headers, body = self.stripe.event(reference, f"evt_{reference}")
        for _ in range(2):
            self._insist(lambda: _answered(self._told(headers, body), 204))

    def _told(self, headers: dict[str, str], body: bytes) -> requests.Response:
        return requests.post(f"{self.site}/notifiche/stripe", data=body, headers=headers, timeout=SECONDS)

    def _pay_by_transfer(self, number: str) -> None:
        """Let the operator find the money in the bank's statement."""
        today, now = self.services.today(), self.services.now()
        with self.services.transaction() as session:
            due = session.scalars(select(Order.due_cents).where(Order.number == number)).one()
            method = PaymentMethod.BANK_TRANSFER
            register_payment(session, number, due, today, method, f"TRN-{number}", now=now)

    def _insist(self, act: Callable[[], Answer]) -> Answer:
        """Do it again until the site answers, even after the end: what was begun is finished."""
        while True:
            with suppress(Again, requests.RequestException, KeyError):
                return act()
            self.retries += 1
            time.sleep(0.3)


def _orders_of(address: str) -> Select[str]:
    return select(Order.number).join(OrderLine).where(OrderLine.address == address)


def _answered(answer: requests.Response, status: int) -> requests.Response:
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Again(answer.url)
    assert answer.status_code == status, f"{answer.url}: {answer.status_code}\n{answer.text[:2000]}"
    return answer
