"""Years of auto-renewal: customers who switch on and off, cancel, pay by hand, whose cards are refused.

The oracle is told what customers did, on which days the clock was alive and which cards were refused; it
knows the calendar from the text of the rules, not from the code. Source: domain.md 6, hardening.md R21, R31.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.attempts import Failure, Standing
from portal.domain.dates import rome_day
from portal.domain.mandates import StoredMethodState
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.ports import GatewayReport, MethodToken, PaymentRequest
from portal.store.attempts import PaymentAttempt
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.stored_methods import StoredMethod
from portal.usecases import auto_renewals
from portal.usecases.auto_renewals import Wish
from portal.usecases.orders import cancel_order
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW, make_order
from tests.simulation.years import years_later
from tests.tills import with_simulated
from tests.usecases.renewing import Days, renewing

ANNOUNCED, ORDERED, TRIES, NOTICE = 30, 15, (7, 5, 3, 1), 3
CLOCK_IS_AWAY = 0.06
BUSY = range(-3, 33)
"""Days before an expiry on which something may happen; others are leapt over."""
Charge = tuple[date, int, bool]
"""Of which expiry, how many days before it, and whether it was taken."""


class Bank:
    """A gateway that refuses the cards it is told to."""

    name = "simulated"

    def __init__(self) -> None:
        self.refused: set[str] = set()

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        if method.token in self.refused:
            return GatewayReport(Standing.FAILED, failure=Failure.REFUSED)
        return GatewayReport(Standing.DONE, amount_cents=request.amount_cents)


@dataclass
class Known:
    """What the oracle holds of one mailbox; `stage` is of the present expiry."""

    expires_on: date
    is_on: bool = True
    stage: str = ""
    """Empty, announced, ordered, skipped, failed."""
    announced_on: date | None = None
    last_try: int = 99
    charges: list[Charge] = field(default_factory=list)

    def renewed(self) -> None:
        self.expires_on = years_later(self.expires_on, 1)
        self.stage, self.announced_on, self.last_try = "", None, 99

    def clock_strikes(self, today: date, *, is_refused: bool) -> None:
        left = (self.expires_on - today).days
        announced_before = self.announced_on
        if self.is_on and not self.stage and TRIES[0] <= left <= ANNOUNCED:
            self.stage, self.announced_on = "announced", today
        if self.stage == "announced" and left < 0:
            self.stage = "failed"
        if self.stage == "announced" and left <= ORDERED:
            self.stage = "ordered"
        if self.stage == "ordered" and left < 0:
            self.stage = "failed"
        if self.stage == "ordered" and announced_before is not None:
            self._charge(left, (self.expires_on - announced_before).days, is_refused=is_refused)

    def _charge(self, left: int, announced: int, *, is_refused: bool) -> None:
        due = [each for each in TRIES if left <= each <= announced - NOTICE and each < self.last_try]
        if not due:
            return
        self.last_try = min(due)
        self.charges.append((self.expires_on, left, not is_refused))
        if not is_refused:
            self.renewed()
        elif self.last_try == TRIES[-1]:
            self.stage = "failed"

    def switched_off(self) -> None:
        self.is_on = False
        if self.stage in ("announced", "ordered", "failed"):
            self.stage, self.announced_on, self.last_try = "", None, 99


class Customers:
    """The walk: days, a clock that is away at times, and what customers do."""

    def __init__(self, services: Services, clock: Clock, *, mailboxes: int, seed: int) -> None:
        self._random, self.bank = random.Random(seed), Bank()
        self.days: Days = renewing(services, clock, mailboxes=mailboxes, maximum_cents=90_00)
        self.days.services = with_simulated(services, card=self.bank)
        self.known = self._settle()

    @property
    def services(self) -> Services:
        return self.days.services

    def walk(self, days: int) -> None:
        """Let so many days go by; on those on which nothing can happen nothing is done."""
        today = self.services.today()
        for _ in range(days):
            today += timedelta(days=1)
            if any((each.expires_on - today).days in BUSY for each in self.known.values()):
                self._day(today)

    def _settle(self) -> dict[int, Known]:
        """Give each mailbox an expiry, leap days among them, and a card of its own."""
        known = {}
        with self.services.transaction() as session:
            for place, box_id in enumerate(self.days.mailbox_ids):
                expires_on = rome_day(NOW) + timedelta(days=35 + self._random.randrange(40))
                session.get_one(Mailbox, box_id).expires_on = expires_on
                card = StoredMethod(
                    account_id=self.days.subject.account_id,
                    reference=f"m-card-{box_id}",
                    method=PaymentMethod.CARD,
                    gateway="simulated",
                    state=StoredMethodState.ACTIVE,
                    token=f"card-{box_id}",
                    brand="Visa",
                    last_four=f"{place:04}",
                    opened_at=NOW,
                    activated_at=NOW,
                )
                session.add(card)
                known[box_id] = Known(expires_on)
        for box_id in known:
            self._switch_on(box_id)
        return known

    def _day(self, today: date) -> None:
        self.days.clock.set(datetime(today.year, today.month, today.day, 8, tzinfo=UTC))
        for box_id, each in self.known.items():
            self._act(box_id, each, today)
        self.days.clock.forward(hours=1)
        if self._random.random() >= CLOCK_IS_AWAY:
            self.days.work()
            for box_id, each in self.known.items():
                each.clock_strikes(today, is_refused=f"card-{box_id}" in self.bank.refused)

    def _act(self, box_id: int, each: Known, today: date) -> None:
        """Do one thing at most, seldom: everything a customer can do to auto-renewal."""
        chance, left = self._random.random(), (each.expires_on - today).days
        if left < -90:
            return  # gone for good
        if chance < 0.015:
            self._switch_off(box_id) if each.is_on else self._switch_on(box_id)
            each.switched_off() if each.is_on else setattr(each, "is_on", True)
        elif chance < 0.05:
            self.bank.refused ^= {f"card-{box_id}"}
        elif chance < 0.07 and each.stage == "ordered":
            self._cancel(box_id)
            each.stage = "skipped"
        elif chance < 0.085 or (left < 0 and chance < 0.5):
            self._pay_by_hand(box_id)
            each.renewed()

    def _address(self, box_id: int) -> str:
        with self.services.reading() as session:
            return session.get_one(Mailbox, box_id).address

    def _switch_on(self, box_id: int) -> None:
        wish = Wish(f"m-card-{box_id}", 50_00, "192.0.2.1")
        now, today, address = self.services.now(), self.services.today(), self._address(box_id)
        with self.services.transaction() as session:
            auto_renewals.switch_on(session, self.days.subject, address, wish, today=today, now=now)

    def _switch_off(self, box_id: int) -> None:
        now, today, address = self.services.now(), self.services.today(), self._address(box_id)
        with self.services.transaction() as session:
            auto_renewals.switch_off(session, self.days.subject, address, today=today, now=now)

    def _open_order(self, session: Session, box_id: int) -> Order | None:
        """Return the order that was generated and waits for money."""
        return session.scalar(
            select(Order)
            .join(AutoRenewalCycle, AutoRenewalCycle.order_id == Order.id)
            .where(AutoRenewalCycle.mailbox_id == box_id, Order.state == OrderState.AWAITING_PAYMENT)
        )

    def _cancel(self, box_id: int) -> None:
        with self.services.transaction() as session:
            order = self._open_order(session, box_id)
            assert order is not None
            cancel_order(session, self.days.subject, order.number, now=self.services.now())

    def _pay_by_hand(self, box_id: int) -> None:
        """Pay what was generated, or order and pay, by transfer."""
        now, today = self.services.now(), self.services.today()
        with self.services.transaction() as session:
            order = self._open_order(session, box_id)
            if order is None:
                mailbox = session.get_one(Mailbox, box_id)
                number = new_order_number(self._random.randbytes(RANDOM_BYTES))
                order = make_order(session, [mailbox], number=number)
            reference = f"TRN{order.id}"
            register_payment(
                session, order.number, order.due_cents, today, PaymentMethod.BANK_TRANSFER, reference, now=now
            )
        self.days.do_rows()


def contradictions(session: Session, known: dict[int, Known]) -> list[str]:
    """Return where the database says something else than the oracle."""
    charges: dict[int, list[Charge]] = {box_id: [] for box_id in known}
    rows = session.execute(
        select(
            AutoRenewalCycle.mailbox_id,
            AutoRenewalCycle.expires_on,
            PaymentAttempt.opened_at,
            PaymentAttempt.state,
        )
        .join(AutoRenewalCycle, AutoRenewalCycle.order_id == PaymentAttempt.order_id)
        .order_by(PaymentAttempt.id)
    )
    for box_id, expires_on, opened_at, state in rows:
        left = (expires_on - rome_day(opened_at)).days
        charges[box_id].append((expires_on, left, state == "succeeded"))
    boxes = {box.id: box for box in session.scalars(select(Mailbox))}
    return [
        f"{what} of {box_id}: {found} instead of {wanted}"
        for box_id, each in known.items()
        for what, found, wanted in (
            ("charges", charges[box_id], each.charges),
            ("expiry", boxes[box_id].expires_on, each.expires_on),
            ("switch", boxes[box_id].auto_renewal, each.is_on),
        )
        if found != wanted
    ]
