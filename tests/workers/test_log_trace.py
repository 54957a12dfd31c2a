"""One request's id through web, outbox and worker: in rows, in the history and in the lines of the log."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import log_lines
from portal.domain.history import Actor, Deed, Origin
from portal.ports import Rejected, SpaceUse
from portal.store import outbox
from portal.store.history import HistoryEvent
from portal.usecases import history
from portal.wiring import Services
from tests.factories import make_account, make_mailbox, make_order
from workers.job import run
from workers.usage import UsageWork

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REQUEST = "00112233445566aa"
HOSTILE = 'no\r\n{"event": "signed_in"}\x1b[2J\u202e'


class Refusing:
    """A meter that says no in words of a hostile server, and does something worth remembering before."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def read(self, address: str) -> SpaceUse | None:
        with self._services.transaction() as session:
            history.record(session, Deed.COMMAND, None, now=self._services.now(), about=address)
        raise Rejected(HOSTILE)


def test_a_request_can_be_followed_to_its_end(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.configure()
    now, until = services.now(), services.now() + timedelta(seconds=45)
    with services.transaction() as session:
        make_order(session, [make_mailbox(session, make_account(session), "anna@pec.example")])
        history.come_from(Origin(Actor.CUSTOMER, REQUEST))
        outbox.enqueue(session, "usage.read", "usage.read:1", {"mailbox_id": 1}, now=now)
    history.come_from(Origin())
    with services.transaction() as session:
        (batch,) = outbox.hand_over(session, "usage.read", now=now, until=until, window=9, size=9)
    work = UsageWork(services)
    work._meter = Refusing(services)

    run(services, work, batch, stopping=lambda: False)

    with services.reading() as session:
        (event,) = session.scalars(select(HistoryEvent)).all()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (event.request_id, event.actor) == (REQUEST, Actor.PORTAL)
    assert [line["request_id"] for line in lines] == [REQUEST]
    assert HOSTILE in lines[0]["event"]
    assert lines[0]["level"] == "error"
