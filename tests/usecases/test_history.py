"""The history: written with what it tells of, never changed, forgotten only by decision (S48, S53)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from portal.domain.access import Subject, SubjectKind
from portal.domain.history import Actor, Deed, Origin
from portal.store import outbox
from portal.store.history import HistoryEvent, HistoryRetention
from portal.usecases import history
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_account, make_mailbox

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PHONE = Origin(Actor.CUSTOMER, "00112233445566aa", "192.0.2.7", "Mozilla/5.0 \x1b[31mFirefox/150\r\n")


@pytest.fixture
def account(services: Services) -> Subject:
    with services.transaction() as session:
        return Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)


def events(services: Services) -> list[HistoryEvent]:
    with services.reading() as session:
        return [*session.scalars(select(HistoryEvent).order_by(HistoryEvent.id))]


def write(services: Services, deed: Deed, subject: Subject | None, about: str = "") -> None:
    with services.transaction() as session:
        history.record(session, deed, subject, now=services.now(), about=about)


def test_an_event_tells_who_did_what_from_where(services: Services, account: Subject) -> None:
    history.come_from(PHONE)
    try:
        write(services, Deed.ORDER_PLACED, account, "A7K2-\u202e\x9b31mQ9")
    finally:
        history.come_from(Origin())

    (event,) = events(services)
    assert (event.deed, event.account_id, event.mailbox_id) == ("order_placed", account.account_id, None)
    assert (event.actor, event.address, event.request_id) == (Actor.CUSTOMER, "192.0.2.7", PHONE.request_id)
    assert (event.user_agent, event.about) == ("Mozilla/5.0  [31mFirefox/150", "A7K2-  31mQ9")


def test_what_nobody_asked_for_is_the_portals(services: Services) -> None:
    write(services, Deed.ORDER_CANCELLED, None)

    assert [event.actor for event in events(services)] == [Actor.PORTAL]


def test_an_event_falls_with_what_it_tells_of(services: Services, account: Subject) -> None:
    def refused_order() -> None:
        with services.transaction() as session:
            history.record(session, Deed.ORDER_PLACED, account, now=services.now())
            raise RuntimeError("the order was refused")

    with pytest.raises(RuntimeError):
        refused_order()

    assert events(services) == []


@pytest.mark.parametrize(
    "statement",
    [
        update(HistoryEvent).values(address=""),
        delete(HistoryEvent),
        update(HistoryRetention).values(forgotten_before=None),
        delete(HistoryRetention),
    ],
)
def test_the_database_lets_nobody_change_the_past(
    services: Services, clock: Clock, account: Subject, statement: object
) -> None:
    write(services, Deed.SIGNED_IN, account)
    clock.forward(days=800)
    with services.transaction() as session:
        history.forget(session, now=clock(), kept=timedelta(days=700))
    write(services, Deed.SIGNED_OUT, account)

    with pytest.raises(DatabaseError, match="the history is append-only"), services.transaction() as session:
        session.execute(statement)  # type: ignore[call-overload]

    assert [event.deed for event in events(services)] == ["signed_out"]


def test_what_is_old_is_forgotten_and_that_is_written_down(
    services: Services, clock: Clock, account: Subject
) -> None:
    write(services, Deed.SIGNED_IN, account)
    clock.forward(days=100)
    write(services, Deed.SIGNED_OUT, account)
    clock.forward(days=100)

    with services.transaction() as session:
        counts = [history.forget(session, now=clock(), kept=timedelta(days=150)) for _ in range(2)]

    assert counts == [1, 0]
    assert [event.deed for event in events(services)] == ["signed_out"]
    with services.reading() as session:
        (decision,) = session.scalars(select(HistoryRetention)).all()
    assert (decision.decided_at, decision.forgotten_before) == (clock(), clock() - timedelta(days=150))


@ONE_DATABASE
def test_everybody_sees_their_own_history_by_pages(services: Services, account: Subject) -> None:
    with services.transaction() as session:
        box = Subject(SubjectKind.MAILBOX, mailbox_id=make_mailbox(session, make_account(session)).id)
    for number in range(history.PAGE + 2):
        write(services, Deed.ORDER_PLACED, account, f"N{number}")
    write(services, Deed.SIGNED_IN, box)

    with services.reading() as session:
        first = history.own_history(session, account, before=None)
        second = history.own_history(session, account, before=first.older)
        boxes = history.own_history(session, box, before=None)

    assert [event.about for event in second.events] == ["N1", "N0"]
    assert (len(first.events), second.older) == (history.PAGE, None)
    assert [event.deed for event in boxes.events] == ["signed_in"]


def test_work_belongs_to_the_request_in_which_it_began(services: Services) -> None:
    now = services.now()
    history.come_from(PHONE)
    with services.transaction() as session:
        outbox.enqueue(session, "mail.send", "mail.send:1", {}, now=now)
    history.come_from(Origin())

    with services.transaction() as session:
        outbox.hand_over(session, "mail.send", now=now, until=now + timedelta(1), window=9, size=9)
        (claim,) = outbox.claim(session, [1], until=now + timedelta(1))
        with history.within(claim.request_id):
            outbox.enqueue(session, "mail.send", "mail.send:2", {}, now=now)

    with services.reading() as session:
        kept = [*session.scalars(select(outbox.OutboxRow.request_id))]
    assert kept == [PHONE.request_id] * 2
