"""A mailbox that somebody else renews: its extra space is renewed from credit, or it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.conventions import Payer
from portal.domain.credit import PostingKind
from portal.domain.extra_renewal import NOTICE_DAYS
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.notices import NoticeKind
from portal.domain.orders import OrderKind, OrderState
from portal.domain.plans import Plan
from portal.letters import Wording, render
from portal.store.ledger import LedgerPosting
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.notices import Notice, NoticeState
from portal.store.orders import Order
from portal.store.outbox import OutboxRow
from portal.store.space_ends import SpaceEnd
from portal.store.space_purchases import being_set_up
from portal.usecases import credit_needs, extra_endings, extra_renewals, fulfilment
from portal.usecases.audit import Check, audit
from portal.usecases.notice_mails import write_notices
from portal.usecases.space_offers import look_at_space
from portal.wiring import Services
from tests.factories import (
    DOCTORS,
    NOW,
    TODAY,
    make_account,
    make_convention,
    make_mailbox,
    make_order,
    make_prices,
    schedule_change,
)
from tests.races import at_once
from tests.spread import every_database
from tests.usecases.test_notices import AROUND
from tests.usecases.test_space import ADDRESS, ONE, balance, give, mailbox

A = ExtraSpacePolicy.FULL_YEAR_WITH_FREE_WINDOW
YESTERDAY = TODAY - timedelta(days=1)
NEW_MAILS = select(Mail).where(Mail.key.not_like("told:%")).order_by(Mail.id)
"""All but the one by which the owner knows that credit is missing."""


def shop(services: Services, credit: int = 1000, *, told: bool = True, **fields: Any) -> Subject:
    """Return an account whose mailbox was renewed by somebody else; its extra GB was paid until yesterday."""
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        values = {"plan": Plan.PRO, "expires_on": TODAY.replace(year=TODAY.year + 1) - timedelta(days=1)}
        values |= {"extra_mailbox_gb": 1, "extra_paid_until": YESTERDAY}
        box = make_mailbox(session, account, ADDRESS, **values | fields)
        if credit:
            give(session, subject, credit)
        if told and box.extra_paid_until and box.extra_paid_until < TODAY:
            tell(session, box, NOW - timedelta(days=NOTICE_DAYS))
    return subject


def tell(session: Session, box: Mailbox, at: datetime) -> None:
    """Let the mail about missing credit have left at that moment."""
    mail = Mail(
        kind="credit_needed",
        key=f"told:{box.id}",
        recipient="studio@posta.example",
        context={},
        state=MailState.SENT,
        created_at=at,
        sent_at=at,
    )
    session.add(mail)
    session.flush()
    session.add(
        Notice(
            mailbox_id=box.id,
            kind=NoticeKind.CREDIT_NEEDED,
            occasion=box.extra_paid_until,
            milestone=-7,
            recipient=mail.recipient,
            state=NoticeState.WRITTEN,
            planned_at=at,
            written_at=at,
            mail_id=mail.id,
        )
    )


def do(services: Services) -> int:
    """Do what the clock does in a day."""
    count, cursor = 0, None
    while True:
        with services.transaction() as session:
            more, cursor = extra_renewals.renew_due(
                session, cursor, today=TODAY, now=NOW, extra_space_policy=A
            )
        count += more
        if cursor is None:
            return count


def plan(services: Services) -> int:
    with services.transaction() as session:
        return credit_needs.plan_needed(session, None, today=TODAY, now=NOW, extra_space_policy=A)[0]


def take_away(services: Services) -> None:
    """Do what the worker does."""
    with services.transaction() as session:
        tasks = extra_endings.begin_ends(session, [1], now=NOW)
    for task in tasks.values():
        with services.transaction() as session:
            extra_endings.complete_end(session, task.end_id, task.order, now=NOW)


def contradictions(services: Services) -> list[Check]:
    with services.reading() as session:
        return [found.check for found in audit(session, today=TODAY + timedelta(days=9), now=NOW)]


def test_enough_credit_renews_the_space_once(services: Services) -> None:
    subject = shop(services)
    before = mailbox(services)

    assert (do(services), do(services)) == (1, 0)

    after = mailbox(services)
    assert (after.extra_paid_until, after.expires_on) == (before.expires_on, before.expires_on)
    assert after.extra_mailbox_gb == 1
    assert balance(services, subject) == 1000 - 366
    with services.reading() as session:
        order = session.scalars(select(Order)).one()
        assert (order.kind, order.state, order.due_cents) == (
            OrderKind.EXTRA_SPACE,
            OrderState.FULFILLED,
            366,
        )
        posting = session.scalars(
            select(LedgerPosting).where(LedgerPosting.kind == PostingKind.PURCHASE)
        ).one()
        assert posting.source == order.number
        assert not session.scalars(select(OutboxRow).where(OutboxRow.kind.startswith("platform."))).all()
        assert {mail.context["renewed"] for mail in session.scalars(NEW_MAILS)} == {True}
    assert contradictions(services) == []


def test_a_cent_too_little_takes_the_space_away_and_nothing_else(services: Services) -> None:
    subject = shop(services, 365, mailbox_used_mb=2500)
    before = mailbox(services)

    assert (do(services), do(services)) == (1, 0)
    with services.reading() as session:
        assert being_set_up(session, [before.id]) == {before.id}
    take_away(services)
    take_away(services)

    after = mailbox(services)
    assert (after.extra_mailbox_gb, after.extra_paid_until) == (0, None)
    assert (after.expires_on, after.plan, after.mailbox_used_mb) == (before.expires_on, before.plan, 2500)
    assert balance(services, subject) == 365
    with services.reading() as session:
        mails = session.scalars(NEW_MAILS).all()
        assert {mail.kind for mail in mails} == {"extra_space_removed"}
        assert all(mail.context["over_quota"] for mail in mails)
        assert not session.scalars(select(Order)).all()
    assert contradictions(services) == []


def test_a_mailbox_without_account_has_its_own_credit(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        box = make_mailbox(
            session, None, ADDRESS, expires_in=300, extra_mailbox_gb=1, extra_paid_until=YESTERDAY
        )
        owner = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
        give(session, owner, 366)

    assert do(services) == 1
    assert balance(services, owner) == 0


def test_two_mailboxes_of_one_wallet_take_what_is_there_in_order(services: Services) -> None:
    subject = shop(services, 400)
    with services.transaction() as session:
        box = mailbox(services)
        account_id = box.account_id
        second = make_mailbox(
            session,
            None,
            "seconda@pec.example",
            account_id=account_id,
            expires_in=300,
            extra_mailbox_gb=1,
            extra_paid_until=YESTERDAY,
        )
        tell(session, second, NOW - timedelta(days=NOTICE_DAYS))

    assert do(services) == 2

    assert balance(services, subject) == 34
    with services.reading() as session:
        assert session.scalars(select(SpaceEnd.mailbox_id)).all() == [second.id]


@pytest.mark.parametrize(
    "fields",
    [
        {"extra_paid_until": TODAY},
        {"expires_on": YESTERDAY},
        {"cancelled_on": TODAY},
        {"extra_paid_until": None},
    ],
    ids=["paid today", "suspended", "gone", "unknown"],
)
def test_what_is_not_due_is_left_alone(services: Services, fields: dict[str, Any]) -> None:
    shop(services, 0, **fields)

    assert do(services) == 0


def test_what_an_order_has_decided_waits_for_its_own_day(services: Services) -> None:
    shop(services, 0)
    with services.transaction() as session:
        box = session.scalars(select(Mailbox)).one()
        schedule_change(session, box, TODAY + timedelta(days=5), Plan.PRO)

    assert do(services) == 0


def test_a_renewal_waits_for_space_that_is_being_taken_away(services: Services) -> None:
    shop(services, 0)
    with services.transaction() as session:
        make_order(session, [session.scalars(select(Mailbox)).one()], state=OrderState.PAID, paid_at=NOW)
    do(services)

    with services.transaction() as session:
        (task,) = fulfilment.begin_renewals(session, [1], now=NOW).values()
    assert task.must_wait


def test_a_small_move_of_the_expiry_costs_nothing(services: Services) -> None:
    subject = shop(services, 0, expires_on=TODAY + timedelta(days=20))

    assert do(services) == 1

    assert mailbox(services).extra_paid_until == TODAY + timedelta(days=20)
    assert balance(services, subject) == 0


def test_space_that_nobody_renewed_nor_took_away_is_found(services: Services) -> None:
    shop(services, told=False)

    assert Check.SPACE_PAST_ITS_TERM in contradictions(services)


@pytest.mark.parametrize(("credit", "missing"), [(0, 1098), (1097, 1), (1098, None)])
def test_missing_credit_is_told_to_whom_the_wallet_belongs(
    services: Services, credit: int, missing: int | None
) -> None:
    """A body renews for three years: so many are needed."""
    end = TODAY + timedelta(days=30)
    shop(services, credit, convention_code=DOCTORS.code, expires_on=end, extra_paid_until=end)
    with services.transaction() as session:
        make_convention(session, replace(DOCTORS, payer=Payer.BODY))

    assert (plan(services), plan(services)) == (1 if missing else 0, 0)

    with services.transaction() as session:
        write_notices(session, None, today=TODAY, now=NOW)
        notices = session.scalars(select(Notice)).all()
        assert [(notice.milestone, notice.missing_cents) for notice in notices] == (
            [(-30, missing)] if missing else []
        )
        mails = session.scalars(select(Mail)).all()
        assert [mail.context["missing_cents"] for mail in mails] == ([missing] if missing else [])


def test_whoever_renews_here_hears_nothing_of_credit(services: Services) -> None:
    end = TODAY + timedelta(days=30)
    shop(services, 0, expires_on=end, extra_paid_until=end)

    assert plan(services) == 0


def test_more_space_is_bought_to_the_day_to_which_there_is_some(services: Services) -> None:
    """Or the renewal of both would charge it twice."""
    end = TODAY + timedelta(days=30)
    subject = shop(services, 0, extra_paid_until=end)
    with services.reading() as session:
        page = look_at_space(session, subject, ADDRESS, ONE, policy=A, today=TODAY)
    assert page.quote is not None
    assert (page.quote.due_cents, page.until) == (0, end)


def said(services: Services, language: str) -> list[Wording]:
    with services.reading() as session:
        mails = session.scalars(NEW_MAILS).all()
        return [render(mail.kind, language, mail.context, AROUND) for mail in mails]


@pytest.mark.parametrize(
    ("language", "credit", "subject", "text"),
    [
        ("it", 366, "Spazio aggiuntivo rinnovato", "rinnovato con il credito"),
        ("en", 366, "Extra space renewed", "renewed from your credit"),
        ("it", 0, "Spazio aggiuntivo tolto", "rifiuta i messaggi in arrivo"),
        ("en", 0, "Extra space removed", "rejects incoming messages"),
    ],
)
def test_the_mail_says_what_became_of_the_space(
    services: Services, language: str, credit: int, subject: str, text: str
) -> None:
    shop(services, credit, mailbox_used_mb=2500)
    do(services)
    take_away(services)

    for words in said(services, language):
        assert words.subject.startswith(subject)
        assert text in words.text
        assert text in words.html


@pytest.mark.parametrize("mailboxes", [1, 6])
@pytest.mark.parametrize(("language", "missing"), [("it", "credito"), ("en", "missing")])
def test_missing_credit_is_said_in_a_mail_or_a_digest(
    services: Services, mailboxes: int, language: str, missing: str
) -> None:
    end = TODAY + timedelta(days=7)
    shop(services, 0, extra_paid_until=end)
    with services.transaction() as session:
        account_id = session.scalars(select(Mailbox.account_id)).one()
        for _ in range(mailboxes - 1):
            make_mailbox(
                session, account_id=account_id, expires_in=400, extra_mailbox_gb=1, extra_paid_until=end
            )
    plan(services)
    with services.transaction() as session:
        write_notices(session, None, today=TODAY, now=NOW)

    (words,) = said(services, language)
    assert missing in words.text
    assert "/credito/ricarica" in words.text
    assert "/credito/ricarica" in words.html


def test_credit_is_reckoned_once_for_all_mailboxes_of_a_wallet(services: Services) -> None:
    """What the first one takes is not there for the second."""
    end = TODAY + timedelta(days=7)
    shop(services, 400, extra_paid_until=end)
    with services.transaction() as session:
        account_id = session.scalars(select(Mailbox.account_id)).one()
        values = {"expires_on": end + timedelta(days=365), "extra_mailbox_gb": 1, "extra_paid_until": end}
        second = make_mailbox(session, account_id=account_id, **values).id

    assert plan(services) == 1
    with services.reading() as session:
        notice = session.scalars(select(Notice)).one()
        assert (notice.mailbox_id, notice.missing_cents) == (second, 332)


def test_what_was_paid_meanwhile_is_not_told(services: Services) -> None:
    shop(services, 0, extra_paid_until=TODAY + timedelta(days=7))
    assert plan(services) == 1
    with services.transaction() as session:
        box = session.scalars(select(Mailbox)).one()
        box.extra_paid_until = box.expires_on

    with services.transaction() as session:
        assert write_notices(session, None, today=TODAY, now=NOW)[0] == 0


def clocks(services: Services, count: int) -> list[object]:
    """Return what each of so many clocks did with the one mailbox that is due, all let loose at once."""

    def one(_: int) -> object:
        try:
            with services.transaction() as session:
                return extra_renewals.renew_due(session, None, today=TODAY, now=NOW, extra_space_policy=A)[0]
        except IntegrityError as failure:
            return failure

    return at_once(one, count)


@pytest.mark.parametrize("credit", [1000, 0])
def test_of_several_clocks_one_decides(services: Services, credit: int) -> None:
    subject = shop(services, credit)

    assert sorted(str(answer) for answer in clocks(services, 6)) == ["0"] * 5 + ["1"]

    assert balance(services, subject) == (634 if credit else 0)
    with services.reading() as session:
        decided = len(session.scalars(select(Order)).all()) + len(session.scalars(select(SpaceEnd)).all())
    assert decided == 1


@every_database
def test_without_the_locks_only_the_key_stands_between(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: all four find it due, and three of them fail where they should have seen it."""
    if services.engine.dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE serialises even the forgetful")
    subject = shop(services)
    looked = Barrier(4)
    priced = extra_renewals._quote

    def price_late(*args: Any) -> Any:
        looked.wait(10)
        return priced(*args)

    monkeypatch.setattr(extra_renewals.locks, "lock_owner", lambda *_: None)
    monkeypatch.setattr(extra_renewals, "locked_mailbox", lambda session, key: session.get_one(Mailbox, key))
    monkeypatch.setattr(extra_renewals, "_quote", price_late)

    answers = clocks(services, 4)

    assert answers.count(1) == 1
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 3
    assert balance(services, subject) == 634


def ends(services: Services) -> int:
    with services.reading() as session:
        return len(session.scalars(select(SpaceEnd)).all())


def sent(services: Services, at: datetime) -> None:
    with services.transaction() as session:
        for mail in session.scalars(select(Mail)):
            mail.state, mail.sent_at = MailState.SENT, at


def test_a_term_that_was_over_unannounced_is_told_before_anything_goes(services: Services) -> None:
    """The register moved the expiry today, and the space was paid to yesterday."""
    shop(services, 0, told=False)

    assert (do(services), plan(services), do(services), plan(services)) == (0, 1, 0, 0)
    with services.transaction() as session:
        write_notices(session, None, today=TODAY, now=NOW)
    (words,) = said(services, "it")
    assert "era pagato fino al 23 novembre 2026" in words.text
    assert "entro il 1º dicembre 2026" in words.text
    assert do(services) == 0, "the mail has not left yet"

    sent(services, NOW - timedelta(days=NOTICE_DAYS) + timedelta(minutes=1))
    assert do(services) == 0
    sent(services, NOW - timedelta(days=NOTICE_DAYS))
    assert do(services) == 1
    assert ends(services) == 1


def test_credit_that_comes_in_those_days_renews_the_space(services: Services) -> None:
    subject = shop(services, 0, told=False)
    assert (do(services), plan(services)) == (0, 1)
    with services.transaction() as session:
        give(session, subject, 366)

    assert (do(services), ends(services), balance(services, subject)) == (1, 0, 0)


def test_whoever_is_told_in_these_days_is_no_contradiction(services: Services) -> None:
    shop(services, 0, told=False)
    plan(services)

    assert Check.SPACE_PAST_ITS_TERM not in contradictions(services)
