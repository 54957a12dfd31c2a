"""What is done in processes that end at a named line, as the web, a worker or the operator does it."""

from __future__ import annotations

import os

from sqlalchemy import select

from portal import till, till_methods
from portal.cli import main
from portal.domain.access import Subject
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.mandates import METHOD_CONSENT_VERSION, shown_code
from portal.domain.payments import PaymentMethod
from portal.domain.space_purchase import SpaceConfirmed, SpaceWanted
from portal.settings import read_settings
from portal.store.outbox import OutboxRow, OutboxState
from portal.usecases.credit_payments import pay_from_credit
from portal.usecases.method_changes import Wish
from portal.usecases.space_purchases import buy_space
from portal.wiring import Services, build_services
from workers.job import run
from workers.refunds import RefundWork


def command(*words: str) -> None:
    """Run a command of the operator."""
    main(words)


def press_pay(subject: Subject, number: str) -> None:
    till.pay(_services(), subject, number, PaymentMethod.CARD)


def come_back(subject: Subject, number: str, reference: str) -> None:
    till.look_again(_services(), subject, number, reference)


def pay_by_credit(subject: Subject, number: str) -> None:
    services = _services()
    with services.transaction() as session:
        pay_from_credit(session, subject, number, now=services.now())


def buy_a_gigabyte(subject: Subject, address: str) -> None:
    services = _services()
    wanted, policy = SpaceConfirmed(SpaceWanted(1, 0), 366), ExtraSpacePolicy.FULL_YEAR_WITH_FREE_WINDOW
    with services.transaction() as session:
        buy_space(session, subject, address, wanted, policy=policy, now=services.now())


def add_method(subject: Subject) -> None:
    shown = shown_code(METHOD_CONSENT_VERSION, 20000)
    till_methods.store(_services(), subject, Wish(PaymentMethod.CARD, "simulated", "", "http://x/", shown))


def bring_method(subject: Subject, reference: str) -> None:
    till_methods.look_again(_services(), subject, reference)


def give_back() -> None:
    """Send every refund that waits, as a worker does."""
    services = _services()
    with services.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.kind == "payment.refund")).all()
        for row in rows:
            row.state = OutboxState.QUEUED if row.done_at is None else row.state
    run(services, RefundWork(services), [row.id for row in rows], stopping=lambda: False)


def _services() -> Services:
    return build_services(read_settings(os.environ))
