"""Who an identifier means, how long a session lives, and what ends it. S06, S16-S19, S21."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import IntegrityError

from portal.domain.access import Subject, SubjectKind
from portal.domain.plans import Plan
from portal.store.accounts import Account, LoginSession
from portal.store.mailboxes import Mailbox
from portal.usecases import access
from portal.usecases.access import Candidate, SessionFacts
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import TODAY, make_account, make_mailbox

IDLE = timedelta(minutes=30)
ACCOUNT, BOX = "100200@aruba.it", "studio.rossi@pec.example"


@pytest.fixture
def account(services: Services) -> Subject:
    """An account with a password."""
    with services.transaction() as session:
        row = make_account(session, ACCOUNT, password_hash="a hash")
        return Subject(SubjectKind.ACCOUNT, account_id=row.id)


@pytest.fixture
def mailbox(services: Services) -> Subject:
    """A mailbox with a password, that expires in thirty days."""
    with services.transaction() as session:
        row = make_mailbox(session, None, BOX, password_hash="a hash")
        return Subject(SubjectKind.MAILBOX, mailbox_id=row.id)


def candidate(services: Services, identifier: str) -> Candidate:
    with services.reading() as session:
        return access.find_candidate(session, identifier, account_domain="aruba.it", now=services.now())


def start(services: Services, subject: Subject) -> str:
    with services.transaction() as session:
        token, _ = access.start_session(
            session,
            subject,
            now=services.now(),
            lasts=timedelta(hours=12),
            address="2001:db8::1",
            user_agent="Mozilla/5.0 " + "x" * 400,
        )
    return token


def facts(services: Services, token: str) -> SessionFacts | None:
    with services.reading() as session:
        return access.session_facts(session, token, now=services.now(), idle=IDLE)


@pytest.mark.parametrize("typed", [ACCOUNT, f"  {ACCOUNT.upper()} "])
def test_an_identifier_at_the_account_domain_is_an_account(
    services: Services, account: Subject, typed: str
) -> None:
    found = candidate(services, typed)

    assert found == Candidate(ACCOUNT, SubjectKind.ACCOUNT, account, "a hash", may_enter=True)


@pytest.mark.parametrize("typed", [BOX, BOX.title()])
def test_any_other_identifier_is_a_mailbox(services: Services, mailbox: Subject, typed: str) -> None:
    found = candidate(services, typed)

    assert found == Candidate(BOX, SubjectKind.MAILBOX, mailbox, "a hash", may_enter=True)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("999999@aruba.it", SubjectKind.ACCOUNT),
        ("nessuno@pec.example", SubjectKind.MAILBOX),
        ("nessuno@aruba.it.example", SubjectKind.MAILBOX),
        ("nessuno@finto-aruba.it", SubjectKind.MAILBOX),
        ("aruba.it", SubjectKind.MAILBOX),
        ("", SubjectKind.MAILBOX),
        ("' OR 1=1 --", SubjectKind.MAILBOX),
    ],
)
def test_an_unknown_identifier_is_nobody(services: Services, typed: str, kind: SubjectKind) -> None:
    found = candidate(services, typed)

    assert (found.kind, found.subject, found.stored_hash, found.may_enter) == (kind, None, None, False)


def test_a_disabled_account_may_not_enter(services: Services, account: Subject) -> None:
    with services.transaction() as session:
        session.execute(update(Account).values(disabled_at=services.now()))

    assert not candidate(services, ACCOUNT).may_enter


@pytest.mark.parametrize(
    ("days", "plan", "may_enter"),
    [
        (0, Plan.STANDARD, True),
        (-1, Plan.STANDARD, True),
        (-90, Plan.STANDARD, True),
        (-91, Plan.STANDARD, False),
        (30, Plan.DOMAIN, True),
    ],
)
def test_a_mailbox_may_enter_as_long_as_it_exists(
    services: Services, mailbox: Subject, days: int, plan: Plan, may_enter: bool
) -> None:
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=TODAY + timedelta(days=days), plan=plan))

    assert candidate(services, BOX).may_enter is may_enter


def test_a_terminated_mailbox_may_not_enter(services: Services, mailbox: Subject) -> None:
    with services.transaction() as session:
        session.execute(update(Mailbox).values(cancelled_on=TODAY))

    assert not candidate(services, BOX).may_enter


def test_the_database_keeps_no_token(services: Services, account: Subject) -> None:
    token = start(services, account)

    with services.reading() as session:
        row = session.scalars(select(LoginSession)).one()
    assert len(token) >= 43, "256 bits"
    assert token not in repr(vars(row))
    assert row.token_hash == access.hash_of(token)
    assert len(row.user_agent) == 255


def test_a_failing_statement_does_not_tell_its_values(services: Services, account: Subject) -> None:
    again = {"username": ACCOUNT, "password_hash": "a hash that stays here"}

    with pytest.raises(IntegrityError) as failure, services.transaction() as session:
        make_account(session, **again)

    assert "a hash that stays here" not in str(failure.value)


def test_a_session_knows_its_subject_in_one_statement(
    services: Services, account: Subject, mailbox: Subject
) -> None:
    tokens = [start(services, account), start(services, mailbox)]
    statements: list[str] = []
    event.listen(services.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))

    found = [facts(services, token) for token in tokens]

    assert [(each.subject, each.identifier) for each in found if each] == [(account, ACCOUNT), (mailbox, BOX)]
    assert len(statements) == 2


def test_an_unknown_token_is_nobodys(services: Services, account: Subject) -> None:
    token = start(services, account)

    assert facts(services, token[:-1]) is None
    assert facts(services, access.hash_of(token)) is None, "the hash in the database is no token"


def test_a_session_ends_when_idle_for_too_long(services: Services, account: Subject, clock: Clock) -> None:
    token = start(services, account)

    clock.forward(minutes=29, seconds=59)
    assert facts(services, token)
    clock.forward(seconds=1)
    assert facts(services, token) is None


def test_use_keeps_a_session_alive_but_not_past_its_absolute_end(
    services: Services, account: Subject, clock: Clock
) -> None:
    token = start(services, account)
    lived = 0

    while (found := facts(services, token)) is not None:
        with services.transaction() as session:
            access.touch_session(session, found.session_id, now=services.now())
        clock.forward(minutes=20)
        lived += 20

    assert lived == 12 * 60


def test_an_older_request_does_not_turn_the_clock_back(services: Services, account: Subject) -> None:
    found = facts(services, start(services, account))
    assert found is not None

    with services.transaction() as session:
        access.touch_session(session, found.session_id, now=services.now() - timedelta(minutes=5))

    with services.reading() as session:
        assert session.scalars(select(LoginSession.last_seen_at)).one() == services.now()


def test_an_ended_session_stays_ended(services: Services, account: Subject) -> None:
    token, other = start(services, account), start(services, account)

    for _ in range(2):
        with services.transaction() as session:
            access.end_session(session, token, now=services.now())

    assert facts(services, token) is None
    assert facts(services, other) is not None


def test_a_session_ends_with_its_account(services: Services, account: Subject) -> None:
    token = start(services, account)

    with services.transaction() as session:
        session.execute(update(Account).values(disabled_at=services.now()))

    assert facts(services, token) is None


def test_a_session_ends_with_its_mailbox(services: Services, mailbox: Subject, clock: Clock) -> None:
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=TODAY - timedelta(days=90)))
    clock.forward(hours=13, minutes=50)
    token = start(services, mailbox)

    assert facts(services, token), "ten minutes before midnight in Rome on its last day"
    clock.forward(minutes=10)
    assert facts(services, token) is None


def test_a_new_password_ends_all_sessions_of_its_owner_alone(
    services: Services, account: Subject, mailbox: Subject
) -> None:
    theirs, others = [start(services, account), start(services, account)], start(services, mailbox)

    with services.transaction() as session:
        access.set_password(session, account, "a new hash", now=services.now())

    assert [facts(services, token) for token in theirs] == [None, None]
    assert facts(services, others) is not None
    assert candidate(services, ACCOUNT).stored_hash == "a new hash"


@pytest.mark.parametrize("identifier", [ACCOUNT, BOX])
def test_a_renewed_hash_never_undoes_a_new_password(
    services: Services, account: Subject, mailbox: Subject, identifier: str
) -> None:
    subject = account if identifier == ACCOUNT else mailbox
    with services.transaction() as session:
        access.renew_hash(session, subject, "a hash", "the same by newer means")
    assert candidate(services, identifier).stored_hash == "the same by newer means"

    with services.transaction() as session:
        access.set_password(session, subject, "a new password", now=services.now())
        access.renew_hash(session, subject, "the same by newer means", "the old password again")

    assert candidate(services, identifier).stored_hash == "a new password"


def test_a_session_is_of_an_account_or_of_a_mailbox(services: Services, mailbox: Subject) -> None:
    with services.transaction() as session:
        session.execute(update(Mailbox).values(account_id=make_account(session).id))
    start(services, mailbox)

    with services.reading() as session:
        of_accounts = session.scalar(select(func.count()).where(LoginSession.account_id.is_not(None)))
    assert of_accounts == 0, "a mailbox's session must never reach its account's other mailboxes"
