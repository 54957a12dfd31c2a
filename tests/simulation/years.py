"""Years that go by over many mailboxes and customers who renew or not, and an oracle that watches.

The portal's own clock, workers and till on a real database; only time and the mail platform are made up.
Source: domain.md 4, 12, C16, hardening.md R21.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.store import outbox
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.usecases.orders import cancel_order
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.conftest import Clock as StoppedClock
from tests.factories import make_account, make_holder, make_order
from tests.simulation.contradictions import STUDIO, contradictions
from tests.simulation.oracle import HOUR, ROME, Expected, Oracle, years_later
from tests.simulation.platform import RememberingPlatform
from workers.clock import Clock
from workers.job import run
from workers.lifecycle import CancelWork, RestoreWork, SuspendWork
from workers.platform import RenewWork

CLOCK_DIES = 0.04
"""How likely a living clock dies on a day; it stays dead for up to five."""


class Years:
    """The walk itself: a clock, workers and customers on a real database."""

    def __init__(
        self, services: Services, clock: StoppedClock, *, mailboxes: int, first: date, spread: int, seed: int
    ) -> None:
        self.platform = RememberingPlatform(services.today)
        self._services, self._time = replace(services, platform=self.platform), clock
        self._clock = Clock(self._services)
        self._random = random.Random(seed)
        works = (RenewWork, SuspendWork, CancelWork, RestoreWork)
        self._works = [work(self._services) for work in works]
        self.first, self._spread = first, spread
        clock.set(at(first - timedelta(days=1), time(12)))
        self.oracle = Oracle(self._settle(mailboxes))
        self._pays_on = {box: self._next_payment(each.expires_on) for box, each in self.expected.items()}
        self._dead_until = first

    @property
    def expected(self) -> dict[int, Expected]:
        return self.oracle.boxes

    def walk(self, days: int, *, hourly: bool = False) -> None:
        """Let so many days go by: hour by hour, or so only on days that are not as others."""
        for ahead in range(days):
            today = self.first + timedelta(days=ahead)
            alive = self._is_clock_alive(today)
            moments = list(moments_of(today, self._random, hourly=hourly))
            paying = self._random.choice(moments)
            if hourly and ahead % 100 == 0:
                print(f"day {ahead} of {days}", flush=True)
            for moment in moments:
                self._time.set(moment)
                acts = [self._strike] if alive else []
                acts += [self._pay] if moment == paying else []
                self._random.shuffle(acts)
                for act in acts:
                    act(today)

    def contradictions(self) -> list[str]:
        """Return where the oracle is contradicted."""
        with self._services.reading() as session:
            return contradictions(session, self.platform, self.expected, self._services.today())

    def _settle(self, count: int) -> dict[int, Expected]:
        """Store the mailboxes, expiries spread and some on days that not every year has."""
        with self._services.transaction() as session:
            studio = make_account(session, email=STUDIO)
            holders = [make_holder(session).id for _ in range(count)]
            rows = [self._row(place, holder, studio) for place, holder in enumerate(holders)]
            session.execute(insert(Mailbox), rows)
            found = session.execute(select(Mailbox.id, Mailbox.expires_on)).all()
            return {row.id: Expected(row.expires_on) for row in found}

    def _row(self, place: int, holder_id: int, studio: Account) -> dict[str, object]:
        special = (date(2028, 2, 29), date(2028, 3, 26), date(2027, 10, 31))
        spread = self.first + timedelta(days=self._random.randrange(self._spread))
        return {
            "address": f"casella.{place:06}@pec.example",
            "account_id": studio.id if place % 4 == 0 else None,
            "holder_id": holder_id,
            "plan": Plan.STANDARD,
            "expires_on": special[place // 10 % 3] if place % 10 == 0 else spread,
            "created_at": datetime(2020, 1, 1, tzinfo=UTC),
        }

    def _next_payment(self, expires_on: date) -> date | None:
        """Return when the customer pays for the next term, perhaps too late; None for never."""
        if self._random.random() < 0.2:
            return None
        near = self._random.choice([0, -1, 1, 90, 91, 91])
        offset = near if self._random.random() < 0.4 else self._random.randrange(-80, 96)
        return expires_on + timedelta(days=offset)

    def _is_clock_alive(self, today: date) -> bool:
        if today < self._dead_until:
            return False
        if self._random.random() < CLOCK_DIES:
            self._dead_until = today + timedelta(days=self._random.randrange(1, 6))
            return False
        return True

    def _strike(self, today: date) -> None:
        self._clock.once()
        self._work()
        self.oracle.strikes(self._services.now(), today)

    def _pay(self, today: date) -> None:
        """Let everybody pay whose day it is; some order, think better of it and order again."""
        payers = [box for box, day in self._pays_on.items() if day is not None and day <= today]
        for box in payers:
            years = self._random.choice([1, 1, 1, 2])
            with self._services.transaction() as session:
                if self._random.random() < 0.1:
                    self._think_better(session, box, today)
                number, due_cents = self._order(session, box, years)
                self._send_money(session, number, due_cents, today)
            renewed = self.oracle.money_comes(box, today, years, due_cents)
            self._pays_on[box] = self._next_payment(self.expected[box].expires_on) if renewed else None
        if payers:
            self._work()

    def _think_better(self, session: Session, box: int, today: date) -> None:
        """Order and cancel; sometimes the transfer was on its way already."""
        number, due_cents = self._order(session, box, 1)
        owner = session.get_one(Mailbox, box).account_id
        kind = SubjectKind.ACCOUNT if owner else SubjectKind.MAILBOX
        subject = Subject(kind, owner, None if owner else box)
        cancel_order(session, subject, number, now=self._services.now())
        if self._random.random() < 0.5:
            self._send_money(session, number, due_cents, today)
            self.expected[box].money_too_late(today, due_cents)

    def _order(self, session: Session, box: int, years: int) -> tuple[str, int]:
        """Order a renewal; return its number and what it costs."""
        mailbox = session.get_one(Mailbox, box)
        number = new_order_number(self._random.randbytes(RANDOM_BYTES))
        order = make_order(session, [mailbox], number=number, placed_at=self._services.now())
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        line.term_years, line.expires_after = years, years_later(mailbox.expires_on, years)
        return number, order.due_cents

    def _send_money(self, session: Session, number: str, cents: int, today: date) -> None:
        """Pay by the one door that money comes through."""
        method, now = PaymentMethod.BANK_TRANSFER, self._services.now()
        register_payment(session, number, cents, today, method, f"TRN-{number}", now=now)

    def _work(self) -> None:
        """Do what the outbox holds for the platform; mails stay where they are."""
        for work in self._works:
            now = self._services.now()
            until = now + timedelta(seconds=self._services.settings.outbox_lease_seconds)
            with self._services.transaction() as session:
                batches = outbox.hand_over(session, work.kind, now=now, until=until, window=10**6, size=500)
            for ids in batches:
                run(self._services, work, ids, stopping=lambda: False)


def at(day: date, hour: time) -> datetime:
    """Return the instant of an hour in Rome, the first of two where there are two."""
    return datetime.combine(day, hour, tzinfo=ROME).astimezone(UTC)


def moments_of(day: date, chance: random.Random, *, hourly: bool) -> Iterator[datetime]:
    """Give the moments of a day at which the clock strikes: 23, 24 or 25 of a day that goes hour by hour."""
    begins, ends = at(day, time()), at(day + timedelta(days=1), time())
    hours = int((ends - begins) / HOUR)
    if hourly or hours != 24 or (day.month, day.day) in {(2, 29), (2, 28), (12, 31)}:
        for hour in range(hours):
            yield begins + hour * HOUR + timedelta(seconds=chance.choice([0, 30, 599, 1200, 2700, 3599]))
    else:
        yield at(day, chance.choice([time(0, 0, 30), time(7, 45), time(12), time(23, 59, 30)]))
