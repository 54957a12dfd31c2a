"""Documents in the database: who sent what, for how long, and the files that follow."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.documents import CleanDocument, DocumentKind
from portal.domain.lifecycle import SUSPENDED_CAPABILITIES
from portal.store import outbox
from portal.store.documents import Document
from portal.store.history import HistoryEvent
from portal.usecases import documents
from portal.usecases.mailboxes import look_at
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_account, make_mailbox
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
