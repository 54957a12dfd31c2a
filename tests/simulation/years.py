"""Years that go by over many mailboxes and customers who renew or not, and an oracle that watches.

The oracle is told only when the clock was alive and what customers paid; it counts days with arithmetic of
its own, from the texts of the rules. Source: domain.md 4, 12, C16, hardening.md R21.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import LineState
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.store import outbox
from portal.store.accounts import Account
from portal.store.lifecycle_steps import LifecycleStep
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.notices import Notice
from portal.store.orders import Order, OrderLine, Renewal
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_account, make_holder, make_order
from workers.clock import do_day
from workers.job import run
from workers.lifecycle import CancelWork, RestoreWork, SuspendWork
from workers.platform import RenewWork

ROME = ZoneInfo("Europe/Rome")
TOLD_ON = (-90, -60, -30, -15, -7, -3, -1, 0, 1, 30, 60, 80, 87, 91)
"""Days from the expiry on which something is told. Source: domain.md 12."""
GRACE = 90
CLOCK_DIES = 0.04
"""How likely a living clock dies on a day; it stays dead for up to five."""


def years_later(day: date, years: int) -> date:
    """Return the same day of a later year, 28 February where there is no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


@dataclass
class Expected:
    """What the oracle holds of one mailbox."""

    expires_on: date
    told: set[tuple[date, int]] = field(default_factory=set)
    steps: dict[tuple[date, str], date] = field(default_factory=dict)
    """The day on which each step of each expiry was due to be planned."""
    renewed: list[tuple[date, date]] = field(default_factory=list)
    refused: int = 0
    gone: bool = False

    def clock_strikes(self, today: date) -> None:
        """Note what a clock that is alive has to do about this mailbox today."""
        age = (today - self.expires_on).days
        reached = [day for day in TOLD_ON if day <= age]
        if reached and not any(on == self.expires_on and day >= reached[-1] for on, day in self.told):
            self.told.add((self.expires_on, reached[-1]))
        if 1 <= age <= GRACE:
            self.steps.setdefault((self.expires_on, "suspend"), today)
        if age > GRACE:
            self.steps.setdefault((self.expires_on, "cancel"), today)
            self.gone = True

    def money_comes(self, today: date, years: int) -> bool:
        """Note a payment; return whether it renews the mailbox."""
        if (today - self.expires_on).days > GRACE:
            self.refused += 1
            return False
        after = years_later(self.expires_on, years)
        self.renewed.append((self.expires_on, after))
        self.expires_on = after
        return True


class Years:
    """The walk itself: a clock, workers and customers on a real database."""

    def __init__(
        self, services: Services, clock: Clock, *, mailboxes: int, first: date, spread: int, seed: int
    ) -> None:
        self._services, self._clock = services, clock
        self._random = random.Random(seed)
        self._works = [
            RenewWork(services),
            SuspendWork(services),
            CancelWork(services),
            RestoreWork(services),
        ]
        self.first, self._spread = first, spread
        clock.set(at(first - timedelta(days=1), time(12)))
        self.expected = self._settle(mailboxes)
        self._pays_on = {box: self._next_payment(known.expires_on) for box, known in self.expected.items()}
        self._dead_until = first

    def walk(self, days: int) -> None:
        """Let so many days go by."""
        for ahead in range(days):
            today = self.first + timedelta(days=ahead)
            alive = self._is_clock_alive(today)
            moments = list(moments_of(today, self._random))
            paying = self._random.choice(moments)
            for moment in moments:
                self._clock.set(moment)
                acts = [self._strike] if alive else []
                acts += [self._pay] if moment == paying else []
                self._random.shuffle(acts)
                for act in acts:
                    act(today)

    def _settle(self, count: int) -> dict[int, Expected]:
        """Store the mailboxes, expiries spread and some on days that not every year has."""
        with self._services.transaction() as session:
            studio = make_account(session, email="studio@posta.example")
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
        do_day(self._services, today)
        for known in self.expected.values():
            if not known.gone:
                known.clock_strikes(today)
        self._work()

    def _pay(self, today: date) -> None:
        """Let everybody pay whose day it is."""
        payers = [box for box, day in self._pays_on.items() if day is not None and day <= today]
        for box in payers:
            years = self._random.choice([1, 1, 1, 2])
            with self._services.transaction() as session:
                self._order(session, box, years, today)
            renewed = self.expected[box].money_comes(today, years)
            self._pays_on[box] = self._next_payment(self.expected[box].expires_on) if renewed else None
        if payers:
            self._work()

    def _order(self, session: Session, box: int, years: int, today: date) -> None:
        """Order and pay in one act, by the one door that money comes through."""
        mailbox, now = session.get_one(Mailbox, box), self._services.now()
        number = new_order_number(self._random.randbytes(RANDOM_BYTES))
        order = make_order(session, [mailbox], number=number)
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        line.term_years, line.expires_after = years, years_later(mailbox.expires_on, years)
        register_payment(
            session, number, order.due_cents, today, PaymentMethod.BANK_TRANSFER, f"TRN{order.id}", now=now
        )

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


def moments_of(day: date, chance: random.Random) -> Iterator[datetime]:
    """Give the moments of a day at which the clock strikes: every hour of days that are not as others."""
    begins, ends = at(day, time(0, 0, 30)), at(day + timedelta(days=1), time(0, 0, 30))
    hours = int((ends - begins).total_seconds()) // 3600
    if hours != 24 or (day.month, day.day) in {(2, 29), (2, 28), (12, 31)}:
        yield from (begins + timedelta(hours=hour) for hour in range(hours))
    else:
        yield at(day, chance.choice([time(0, 0, 30), time(7, 45), time(12), time(23, 59, 30)]))


def contradictions(session: Session, expected: dict[int, Expected]) -> list[str]:
    """Return where the database says something else than the oracle."""
    return [
        *_differing("told", _told(session), {box: known.told for box, known in expected.items()}),
        *_differing("steps", _steps(session), {box: known.steps for box, known in expected.items()}),
        *_differing("terms", _terms(session), {box: set(known.renewed) for box, known in expected.items()}),
        *_differing("refused", _refused(session), {box: known.refused for box, known in expected.items()}),
        *_differing(
            "expiry",
            {row.id: row.expires_on for row in session.execute(select(Mailbox.id, Mailbox.expires_on))},
            {box: known.expires_on for box, known in expected.items()},
        ),
        *_unwritten(session),
    ]


def _differing(what: str, found: dict[int, object], wanted: dict[int, object]) -> list[str]:
    nothing = {"told": set(), "steps": {}, "terms": set(), "refused": 0}
    return [
        f"{what} of {box}: {found.get(box, nothing.get(what))} instead of {value}"
        for box, value in wanted.items()
        if found.get(box, nothing.get(what)) != value
    ]


def _told(session: Session) -> dict[int, object]:
    """Return what each mailbox's holder was told, each milestone of each expiry once."""
    found: dict[int, set[tuple[date, int]]] = {}
    for row in session.execute(
        select(Notice.mailbox_id, Notice.occasion, Notice.milestone, Notice.recipient).where(
            Notice.recipient != "studio@posta.example", Notice.mail_id.is_not(None)
        )
    ):
        told = found.setdefault(row.mailbox_id, set())
        assert (row.occasion, row.milestone) not in told, f"told twice: {row}"
        told.add((row.occasion, row.milestone))
    return dict(found)


def _steps(session: Session) -> dict[int, object]:
    found: dict[int, dict[tuple[date, str], date]] = {}
    for step in session.scalars(select(LifecycleStep)):
        day = step.planned_at.astimezone(ROME).date()
        found.setdefault(step.mailbox_id, {})[(step.expires_on, step.step.value)] = day
    return dict(found)


def _terms(session: Session) -> dict[int, object]:
    found: dict[int, set[tuple[date, date]]] = {}
    for term in session.scalars(select(Renewal)):
        before = term.starts_on - timedelta(days=1)
        found.setdefault(term.mailbox_id, set()).add((before, term.ends_on))
    return dict(found)


def _refused(session: Session) -> dict[int, object]:
    found: dict[int, int] = {}
    for line in session.scalars(select(OrderLine).join(Order).where(OrderLine.state == LineState.REFUSED)):
        found[line.mailbox_id] = found.get(line.mailbox_id, 0) + 1
    return dict(found)


def _unwritten(session: Session) -> list[str]:
    """Return notices in no mail, and mails of the clock without a notice."""
    left = session.scalars(select(Notice.id).where(Notice.mail_id.is_(None))).all()
    told_of = select(Notice.mail_id).where(Notice.mail_id.is_not(None))
    empty = session.scalars(
        select(Mail.key).where(Mail.kind.in_(["expiry_notice", "notice_digest"]), Mail.id.not_in(told_of))
    ).all()
    return [f"notice {number} in no mail" for number in left] + [f"mail {key} of no notice" for key in empty]
