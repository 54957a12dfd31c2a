"""Mailboxes that renew by themselves, and days that go by: the clock's jobs and their workers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from portal.adapters.gateways.simulated.gateway import DECLINED_TOKEN
from portal.domain.access import Subject, SubjectKind
from portal.domain.auto_renewal import CycleState
from portal.domain.mandates import CONSENT_VERSION, StoredMethodState
from portal.domain.payments import PaymentMethod
from portal.store.attempts import PaymentAttempt
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.orders import Order
from portal.store.outbox import OutboxRow, OutboxState
from portal.store.payments import Payment
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW, make_account, make_holder, make_mailbox, make_prices
from tests.tills import with_simulated
from workers import clock
from workers.broker import all_works
from workers.job import run

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WORKED = ("auto_renewal.charge", "platform.renew", "order.progress")
JOBS = [job for job in clock.JOBS if job.name in ("announce", "order", "charge")]
BUSY = {31, 30, 16, 15, 14, *range(9)}
"""How many days are left when something happens, or might by mistake."""
GOOD_TOKEN = "sim_good"


@dataclass
class Days:
    """An installation whose days go by one after the other."""

    services: Services
    clock: Clock
    subject: Subject
    mailbox_ids: Sequence[int]
    method_id: int

    def until(self, day: date) -> None:
        """Let the days up to that one go by, those of the calendar and their neighbours with their work."""
        today, expiry = self.services.today(), self.expiry()
        while today < day:
            today += timedelta(days=1)
            if today == day or (expiry - today).days in BUSY:
                self.go_to(today)

    def before(self, days: int) -> None:
        """Let the days go by until so many are left."""
        self.until(self.expiry() - timedelta(days=days))

    def go_to(self, day: date) -> None:
        """Do the work of one day at nine in the morning, whatever day it was before."""
        self.clock.set(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
        self.work()

    def work(self, *, mails_leave: bool = True) -> None:
        """Do what is due now: jobs, then workers."""
        clock.do_day(self.services, self.services.today(), JOBS)
        if mails_leave:
            self.send_mails()
        self.do_rows()

    def send_mails(self) -> None:
        with self.services.transaction() as session:
            sent = {"state": MailState.SENT, "sent_at": self.services.now()}
            session.execute(update(Mail).where(Mail.state == MailState.WAITING).values(**sent))

    def do_rows(self, kinds: Collection[str] = WORKED) -> None:
        """Do what workers do with the rows that are due, but for mails."""
        works = [work for work in all_works(self.services) if work.kind in kinds]
        while batches := [(work, ids) for work in works if (ids := self._due(work.kind))]:
            for work, ids in batches:
                run(self.services, work, ids, stopping=lambda: False)

    def _due(self, kind: str) -> list[int]:
        with self.services.transaction() as session:
            due = session.scalars(
                select(OutboxRow).where(
                    OutboxRow.kind == kind,
                    OutboxRow.state == OutboxState.WAITING,
                    OutboxRow.not_before <= self.services.now(),
                )
            ).all()
            for row in due:
                row.state = OutboxState.QUEUED
            return [row.id for row in due]

    def decline(self, declined: bool = True) -> None:
        """Let the gateway refuse the stored method from now on, or take it again."""
        with self.services.transaction() as session:
            method = session.get_one(StoredMethod, self.method_id)
            method.token = DECLINED_TOKEN if declined else GOOD_TOKEN

    def expiry(self) -> date:
        return self.mailbox().expires_on

    def mailbox(self, place: int = 0) -> Mailbox:
        with self.services.reading() as session:
            return session.get_one(Mailbox, self.mailbox_ids[place])

    def cycles(self) -> list[AutoRenewalCycle]:
        with self.services.reading() as session:
            return list(session.scalars(select(AutoRenewalCycle).order_by(AutoRenewalCycle.id)))

    def states(self) -> list[CycleState]:
        return [cycle.state for cycle in self.cycles()]

    def orders(self) -> list[Order]:
        with self.services.reading() as session:
            return list(session.scalars(select(Order).order_by(Order.id)))

    def attempts(self) -> list[PaymentAttempt]:
        with self.services.reading() as session:
            return list(session.scalars(select(PaymentAttempt).order_by(PaymentAttempt.id)))

    def payments(self) -> int:
        with self.services.reading() as session:
            return session.scalar(select(func.count()).select_from(Payment)) or 0

    def told(self, *kinds: str) -> list[tuple[str, str]]:
        """Return the kind and the recipient of the mails of these kinds, in the order they were written."""
        with self.services.reading() as session:
            mails = session.scalars(select(Mail).where(Mail.kind.in_(kinds)).order_by(Mail.id))
            return [(mail.kind, mail.recipient) for mail in mails]


def renewing(
    services: Services,
    at: Clock,
    *,
    expires_in: int = 40,
    mailboxes: int = 1,
    maximum_cents: int = 10_00,
    **fields: Any,
) -> Days:
    """Return mailboxes of one account, renewed by one stored card that may be charged so much at once."""
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session, email="studio@posta.example")
        holder = make_holder(session, contact_email="mario@posta.example")
        values: dict[str, Any] = {"created_at": LONG_AGO, "auto_renewal": True} | fields
        boxes = [
            make_mailbox(session, account, holder=holder, expires_in=expires_in, **values)
            for _ in range(mailboxes)
        ]
        method = StoredMethod(
            account_id=account.id,
            reference=f"m-{account.id:06}",
            method=PaymentMethod.CARD,
            gateway="simulated",
            state=StoredMethodState.ACTIVE,
            token=GOOD_TOKEN,
            brand="Visa",
            last_four="4242",
            opened_at=NOW,
            activated_at=NOW,
        )
        consent = AutoRenewalConsent(
            wanted=True,
            text_version=CONSENT_VERSION,
            maximum_cents=maximum_cents,
            given_at=NOW,
            address="192.0.2.1",
        )
        session.add_all([method, consent])
        session.flush()
        session.add(
            Mandate(
                stored_method_id=method.id,
                consent_id=consent.id,
                maximum_cents=maximum_cents,
                given_at=NOW,
            )
        )
        session.add_all(RenewsWith(mailbox_id=box.id, stored_method_id=method.id) for box in boxes)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        return Days(with_simulated(services), at, subject, [box.id for box in boxes], method.id)
