"""Documents in the database: who sent what, for how long, and the files that follow."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.documents import MOST_FILES, CleanDocument, DocumentKind, DocumentRefused, check_room
from portal.domain.lifecycle import SUSPENDED_CAPABILITIES
from portal.store import outbox
from portal.store.documents import Document
from portal.store.history import HistoryEvent
from portal.usecases import documents
from portal.usecases.mailboxes import look_at
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_account, make_mailbox
from tests.spread import every_database
from workers.documents import DropWork, SweepWork
from workers.job import run

ADDRESS = "anna@pec.example"
CLEAN = CleanDocument(DocumentKind.PDF, b"%PDF-", 2)


@pytest.fixture
def account(services: Services) -> Subject:
    with services.transaction() as session:
        account = make_account(session)
        make_mailbox(session, account, ADDRESS)
        return Subject(SubjectKind.ACCOUNT, account_id=account.id)


def keep(services: Services, subject: Subject) -> str:
    name = services.vault.put(CLEAN.content)
    with services.transaction() as session:
        documents.keep_document(session, subject, ADDRESS, CLEAN, name, now=services.now())
    return name


def has_document(session: Session, subject: Subject, services: Services) -> bool:
    """Say whether the mailbox's page tells of one."""
    found = look_at(session, subject, ADDRESS, today=services.today(), suspended=SUSPENDED_CAPABILITIES)
    return found.mailbox.has_document


def expire(services: Services, days: int = 90) -> int:
    with services.transaction() as session:
        count, _ = documents.expire(
            session, None, today=services.today(), now=services.now(), document_days=days
        )
    return count


def work(services: Services) -> None:
    now = services.now()
    until = now + timedelta(seconds=45)
    for kind in (DropWork, SweepWork):
        with services.transaction() as session:
            batches = outbox.hand_over(session, kind.kind, now=now, until=until, window=9, size=9)
        for ids in batches:
            run(services, kind(services), ids, stopping=lambda: False)


def files(services: Services) -> list[str]:
    folder = services.settings.data_folder / "documents"
    return sorted(path.name for path in folder.iterdir() if path.name != "sweep")


def test_when_its_time_is_over_the_file_goes_and_the_row_stays(
    services: Services, clock: Clock, account: Subject
) -> None:
    name = keep(services, account)
    clock.forward(days=89)
    counts = [expire(services)]
    clock.forward(days=2)
    counts += [expire(services), expire(services)]
    before = files(services)
    work(services)

    assert (counts, before, files(services)) == ([0, 1, 0], [name], [])
    with services.reading() as session:
        page = documents.look_at_documents(session, account, ADDRESS)
        deeds = session.scalars(select(HistoryEvent.deed).order_by(HistoryEvent.id)).all()
        assert has_document(session, account, services)
    assert (page.own, page.newest is not None, page.may_add) == ([], True, True)
    assert deeds == ["document_added", "document_removed"]


def test_what_was_taken_back_counts_as_never_sent(services: Services, account: Subject) -> None:
    keep(services, account)
    with services.transaction() as session:
        documents.take_back(session, account, ADDRESS, 1, now=services.now())
    work(services)

    with services.reading() as session:
        page = documents.look_at_documents(session, account, ADDRESS)
        assert not has_document(session, account, services)
    assert (page.newest, files(services)) == (None, [])


def test_a_file_that_a_dying_process_left_is_swept(services: Services, account: Subject) -> None:
    kept, stray = keep(services, account), services.vault.put(b"nobody's")
    expire(services)
    work(services)
    both = files(services)
    for name in both:
        os.utime(services.settings.data_folder / "documents" / name, (0, 0))
    with services.transaction() as session:
        outbox.enqueue(session, "document.sweep", "document.sweep:again", {}, now=services.now())
    work(services)

    assert both == sorted([kept, stray])
    assert files(services) == [kept]


def test_a_row_names_one_sender(services: Services, account: Subject) -> None:
    keep(services, account)

    with services.reading() as session:
        (row,) = session.scalars(select(Document)).all()
    assert (row.account_id, row.by_mailbox_id) == (account.account_id, None)


class Meeting:
    """Lets two look at how much room there is before either writes; one alone goes on after a while."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)

    def check_room(self, living: int, today: int) -> None:
        check_room(living, today)
        with contextlib.suppress(threading.BrokenBarrierError):
            self._barrier.wait(0.5)


@every_database
@pytest.mark.parametrize(
    ("is_locked", "kept"), [(True, MOST_FILES), (False, MOST_FILES + 1)], ids=["locked", "control"]
)
def test_two_at_once_do_not_get_the_last_place_both(
    services: Services, account: Subject, monkeypatch: pytest.MonkeyPatch, is_locked: bool, kept: int
) -> None:
    """Without the lock they would, on PostgreSQL: SQLite has one writer at a time."""
    for _ in range(MOST_FILES - 1):
        keep(services, account)
    monkeypatch.setattr("portal.usecases.documents.check_room", Meeting().check_room)
    if not is_locked:
        monkeypatch.setattr("portal.store.locks.lock_owner", lambda *_about: None)
        if services.engine.dialect.name == "sqlite":
            pytest.skip("has one writer at a time, lock or no lock")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(keep, services, account) for _ in range(2)]:
            with contextlib.suppress(DocumentRefused):
                done.result()

    with services.reading() as session:
        assert len(session.scalars(select(Document)).all()) == kept
