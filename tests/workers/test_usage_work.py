"""Reading how full mailboxes are: once a day each, kept with its age, and nothing lost when nobody tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.ports import SpaceUse, Unreachable
from portal.store import outbox
from portal.store.mailboxes import Mailbox
from portal.store.outbox import OutboxRow, OutboxState
from portal.usecases import usage
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_mailbox
from workers.job import run
from workers.usage import UsageWork

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Told:
    """A meter that says what it is given; for anything else it is away."""

    def __init__(self, **uses: SpaceUse | None) -> None:
        self._uses = uses

    def read(self, address: str) -> SpaceUse | None:
        name = address.partition("@")[0]
        if name not in self._uses:
            raise Unreachable("away")
        return self._uses[name]


@pytest.fixture(autouse=True)
def boxes(services: Services) -> None:
    with services.transaction() as session:
        for name in ("anna", "bruno"):
            make_mailbox(session, None, f"{name}@pec.example", mailbox_used_mb=5, archive_used_mb=7)
        make_mailbox(session, None, "finita@pec.example", cancelled_on=services.today())
        make_mailbox(session, None, "antica@pec.example", expires_in=-400)


def plan(services: Services, *, reads_usage: bool = True) -> int:
    count, cursor = 0, None
    while True:
        with services.transaction() as session:
            more, cursor = usage.plan_readings(
                session, cursor, today=services.today(), now=services.now(), reads_usage=reads_usage
            )
        count += more
        if cursor is None:
            return count


def work(services: Services, meter: Told) -> None:
    now = services.now()
    until = now + timedelta(seconds=45)
    with services.transaction() as session:
        batches = outbox.hand_over(session, "usage.read", now=now, until=until, window=99, size=20)
    for ids in batches:
        run(services, UsageWork(replace(services, meter=meter)), ids, stopping=lambda: False)


def known(services: Services, name: str) -> tuple[int, int, bool]:
    with services.reading() as session:
        box = session.scalars(select(Mailbox).where(Mailbox.address == f"{name}@pec.example")).one()
        return box.mailbox_used_mb, box.archive_used_mb, box.used_read_at == services.now()


def test_every_mailbox_that_is_still_there_is_read_once_a_day(services: Services, clock: Clock) -> None:
    counts = [plan(services), plan(services)]
    work(services, Told(anna=SpaceUse(900, None), bruno=SpaceUse(901, 30)))
    read = known(services, "anna"), known(services, "bruno")
    clock.forward(hours=19)
    counts.append(plan(services))
    clock.forward(hours=5)
    counts.append(plan(services))

    assert counts == [2, 0, 0, 2]
    assert read == ((900, 7, True), (901, 30, True))


def test_what_is_not_told_stays_as_it_was(services: Services) -> None:
    plan(services)
    work(services, Told(anna=None, bruno=SpaceUse(1, None)))

    assert (known(services, "anna"), known(services, "bruno")) == ((5, 7, False), (1, 7, True))


def test_a_server_that_is_away_costs_no_attempt(services: Services) -> None:
    plan(services)
    work(services, Told())

    with services.reading() as session:
        rows = session.scalars(select(OutboxRow)).all()
    assert {(row.state, row.attempts) for row in rows} == {(OutboxState.WAITING, 0)}


def test_an_answer_that_comes_late_overwrites_nothing_newer(services: Services, clock: Clock) -> None:
    with services.transaction() as session:
        usage.keep_reading(session, 1, SpaceUse(2, None), now=clock())
        usage.keep_reading(session, 1, SpaceUse(3, None), now=clock() - timedelta(minutes=1))

    assert known(services, "anna")[0] == 2


def test_without_a_user_for_it_nothing_is_asked(services: Services) -> None:
    assert (services.meter, plan(services, reads_usage=False)) == (None, 0)
