"""Notices of a day: who hears what, once, and in one mail where it is much."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal.domain.conventions import Payer
from portal.domain.customers import CustomerKind
from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.letters import Wording, render
from portal.store.conventions import ConventionRow
from portal.store.declarations import PaymentDeclaration
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.notices import NoticeAddress, NoticeState
from portal.usecases import notice_mails
from portal.usecases.delivery import begin_sending
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW, TODAY, fill_account, make_account, make_holder, make_mailbox, make_order
from tests.usecases.days import LONG_AGO, box, mails, notices, tick, told
from tests.usecases.test_notices import AROUND

BOTH = ["mario@posta.example", "studio@posta.example"]


def wording(mail: Mail, language: str = "it") -> Wording:
    return render(mail.kind, language, mail.context, AROUND, code=mail.code)


@pytest.mark.parametrize(
    ("expires_in", "kind"),
    [
        (91, None),
        (90, "expiry_notice"),
        (61, "expiry_notice"),
        (1, "expiry_notice"),
        (0, "expiry_notice"),
        (-1, "mailbox_suspended"),
        (-30, "suspension_reminder"),
        (-90, "suspension_reminder"),
        (-91, "mailbox_cancelled"),
    ],
)
def test_holder_and_account_hear_the_milestone_of_the_day(
    services: Services, expires_in: int, kind: str | None
) -> None:
    box(services, expires_in)

    tick(services)

    assert told(services) == ([(kind, address) for address in BOTH] if kind else [])


def test_a_day_repeated_tells_nothing_twice(services: Services) -> None:
    box(services, 90)

    for _ in range(3):
        tick(services)
    tick(services, TODAY + timedelta(days=29))

    assert len(mails(services)) == 2


def test_after_days_without_a_clock_the_latest_alone_is_told(services: Services) -> None:
    box(services, 90)

    tick(services, TODAY + timedelta(days=84))  # T-60, T-30, T-15 and T-7 fell into the outage

    assert {notice.milestone for notice in notices(services)} == {-7}


def test_a_clock_put_back_tells_nothing_that_is_over(services: Services) -> None:
    box(services, 90)
    tick(services, TODAY + timedelta(days=84))

    tick(services, TODAY + timedelta(days=40))

    assert {notice.milestone for notice in notices(services)} == {-7}


def test_whoever_renewed_hears_no_more_of_the_old_expiry(services: Services) -> None:
    mailbox = box(services, 7)
    tick(services, TODAY)
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=mailbox.expires_on + timedelta(days=365)))

    for day in range(1, 100):
        tick(services, TODAY + timedelta(days=day))

    assert {notice.milestone for notice in notices(services)} == {-7}


def test_what_is_renewed_between_plan_and_mail_is_skipped(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = box(services, 7)
    with monkeypatch.context() as patch:
        patch.setattr(notice_mails, "RECIPIENTS", 0)  # nobody is written to
        tick(services)
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=mailbox.expires_on + timedelta(days=365)))

    tick(services)

    assert mails(services) == []
    assert {notice.state for notice in notices(services)} == {NoticeState.SKIPPED}


def test_a_paid_renewal_under_way_keeps_the_notice_back(services: Services) -> None:
    mailbox = box(services, 7)
    with services.transaction() as session:
        box_again = session.get_one(Mailbox, mailbox.id)
        make_order(session, [box_again], state=OrderState.PAID, paid_at=NOW)

    tick(services)

    assert mails(services) == []


@pytest.mark.parametrize("fields", [{"plan": Plan.DOMAIN}, {"created_at": NOW + timedelta(days=1)}])
def test_what_others_tell_is_not_told(services: Services, fields: dict[str, Any]) -> None:
    box(services, 30, **fields)

    tick(services)

    assert mails(services) == []


def test_further_addresses_hear_it_too_each_once_and_never_the_mailbox(services: Services) -> None:
    mailbox = box(services, 30)
    with services.transaction() as session:
        for owner, email in (
            ("account_id", "Commercialista@posta.example"),
            ("mailbox_id", "segreteria@posta.example"),
            ("mailbox_id", "MARIO@posta.example"),
            ("mailbox_id", mailbox.address),
        ):
            value = mailbox.account_id if owner == "account_id" else mailbox.id
            session.add(NoticeAddress(**{owner: value}, email=email, created_at=NOW))

    tick(services)

    assert [recipient for _, recipient in told(services)] == [
        "commercialista@posta.example",
        "mario@posta.example",
        "segreteria@posta.example",
        "studio@posta.example",
    ]


def test_an_open_order_is_named_with_its_page(services: Services) -> None:
    mailbox = box(services, 7)
    with services.transaction() as session:
        make_order(session, [session.get_one(Mailbox, mailbox.id)], number="K7Q2M9XRTA")

    tick(services)

    words = wording(mails(services)[0])
    assert "ordine in attesa, K7Q2M9XRTA" in words.text
    assert f"{AROUND.public_url}/ordini/K7Q2M9XRTA" in words.html
    assert "/rinnova" not in words.text


CODE, BODY = "OMCEO-GE-0015", "Ordine dei Medici di Genova"


def agree(services: Services, *, payer: Payer = Payer.BODY, over: bool = False) -> None:
    """Store the convention of CODE, in force or over since yesterday."""
    with services.transaction() as session:
        session.add(
            ConventionRow(
                code=CODE,
                body=BODY,
                payer=payer,
                plan=Plan.STANDARD,
                term_years=3,
                total_net_cents=0 if payer is Payer.BODY else 400,
                valid_from=TODAY - timedelta(days=365),
                valid_to=TODAY - timedelta(days=1) if over else None,
            )
        )


def said(words: Wording) -> str:
    return f"{words.subject} {words.text} {words.html}"


@pytest.mark.parametrize("expires_in", [7, -1, -30])
def test_a_convention_that_pays_asks_its_members_for_nothing(services: Services, expires_in: int) -> None:
    box(services, expires_in, convention_code=CODE)
    agree(services)

    tick(services)

    words = wording(mails(services)[0])
    for body in (words.text, words.html):
        assert f"la rinnova l'ente ({BODY}): non devi pagare nulla" in body
    for asked in ("PayPal", "/rinnova", "La puoi rinnovare"):
        assert asked not in said(words)


@pytest.mark.parametrize("expires_in", [7, -1, -30])
def test_a_convention_that_is_over_says_whom_to_ask(services: Services, expires_in: int) -> None:
    box(services, expires_in, convention_code=CODE)
    agree(services, payer=Payer.MEMBER, over=True)

    tick(services)

    words = wording(mails(services)[0])
    for body in (words.text, words.html):
        assert f"{CODE}, che oggi non è in vigore" in body
        assert f"Chiedi all'ente ({BODY}) se continua" in body
    for asked in ("PayPal", "/rinnova", "La puoi rinnovare"):
        assert asked not in said(words)


def test_a_member_who_pays_is_asked_like_everybody(services: Services) -> None:
    box(services, 7, convention_code=CODE)
    agree(services, payer=Payer.MEMBER)

    tick(services)

    assert "/rinnova" in said(wording(mails(services)[0]))


@pytest.mark.parametrize(
    ("over", "note"),
    [(False, f"la rinnova l'ente ({BODY})"), (True, f"convenzione non in vigore: chiedi all'ente ({BODY})")],
)
def test_a_digest_of_members_only_asks_nobody_to_renew(services: Services, over: bool, note: str) -> None:
    many(services, 5, first_expiry=TODAY + timedelta(days=30))
    with services.transaction() as session:
        session.execute(update(Mailbox).values(convention_code=CODE))
    agree(services, over=over)

    tick(services)

    words = wording(mails(services)[0])
    assert words.text.count(note) == 5
    for asked in ("rinnovarle con un solo ordine", "Vedi e rinnova"):
        assert asked not in said(words)
    assert "Per vederle tutte:" in words.text


@pytest.mark.parametrize("expires_in", [7, -1, -30, -91])
@pytest.mark.parametrize(
    ("kind", "expected"), [(CustomerKind.COMPANY, True), (CustomerKind.INDIVIDUAL, False)]
)
def test_firms_hear_of_the_business_register(
    services: Services, kind: CustomerKind, expected: bool, expires_in: int
) -> None:
    with services.transaction() as session:
        holder = make_holder(session, kind=kind, business_name="Rossi S.r.l.")
        make_mailbox(session, holder=holder, expires_in=expires_in, created_at=LONG_AGO)

    tick(services)

    words = wording(mails(services)[0])
    assert ("Registro delle Imprese" in words.text, "Registro delle Imprese" in words.html) == (expected,) * 2


def many(services: Services, count: int, **fields: Any) -> None:
    with services.transaction() as session:
        account = make_account(session, email="studio@posta.example")
        fill_account(session, account, count, spread_days=1, created_at=LONG_AGO, **fields)


def test_an_owner_of_many_gets_one_mail_that_lists_them_by_date(services: Services) -> None:
    many(services, 400, first_expiry=TODAY + timedelta(days=30))
    box(services, 7, address="un.altra@pec.example")

    tick(services)

    digests = [mail for mail in mails(services) if mail.kind == "notice_digest"]
    assert len(mails(services)) == 4  # holder and account of the many, holder and account of the one
    assert len(digests) == 2
    assert len([notice for notice in notices(services) if notice.mail_id == digests[0].id]) == 400
    words = wording(digests[0])
    assert "400 caselle" in words.subject
    assert "400 CASELLE SCADONO IL 24 DICEMBRE 2026" in words.text
    assert words.text.count("@pec.example") == 400


def test_a_digest_names_only_so_many_and_counts_them_all(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_mails, "LISTED", 10)
    many(services, 25, first_expiry=TODAY - timedelta(days=1))

    tick(services)

    words = wording(mails(services)[0])
    assert words.text.count("@pec.example") == 10
    assert "… e altre 15" in words.text


def test_nobody_gets_more_than_five_mails_a_day_and_the_rest_tomorrow(
    services: Services, clock: Clock
) -> None:
    for day in range(8):
        box(services, 30, address=f"casella{day}@pec.example")
        tick(services)
    today = len(mails(services))

    clock.forward(days=1)
    tick(services, TODAY + timedelta(days=1))

    assert today == 2 * 5
    assert len(mails(services)) == 2 * 8
    assert {notice.state for notice in notices(services)} == {NoticeState.WRITTEN}


def test_a_full_mailbox_is_told_once_until_its_use_falls(services: Services) -> None:
    mailbox = box(services, 300)

    def use(megabytes: int, day: int) -> list[str]:
        with services.transaction() as session:
            session.execute(update(Mailbox).values(mailbox_used_mb=megabytes))
        before = len(mails(services))
        tick(services, TODAY + timedelta(days=day))
        return [wording(mail).subject for mail in mails(services)[before:]]

    name = mailbox.address
    assert use(700, 0) == []
    assert use(720, 1) == [f"{name}: la casella è piena al 70%"] * 2
    assert use(800, 2) == []
    assert use(1024, 3) == [f"{name}: la casella è piena"] * 2
    assert use(100, 4) == []
    assert use(930, 5) == [f"{name}: la casella è piena al 91%"] * 2, "to the nearest, as on its page"


def test_a_mail_that_waited_until_the_renewal_is_not_sent(services: Services) -> None:
    mailbox = box(services, 7)
    other = box(services, 7, address="altra@pec.example")
    tick(services)
    with services.transaction() as session:
        renewed = session.get_one(Mailbox, mailbox.id)
        renewed.expires_on += timedelta(days=365)

    with services.transaction() as session:
        outgoing = begin_sending(session, [mail.id for mail in mails(services)])

    assert {mail.context["address"] for mail in outgoing.values()} == {other.address}
    assert {mail.state for mail in mails(services) if mail.mailbox_id == mailbox.id} == {MailState.SKIPPED}


def test_after_days_without_a_mail_server_the_latest_alone_is_sent(services: Services) -> None:
    """R18, R20: written on three days while nobody took a letter."""
    box(services, 7)
    for day in (0, 4, 6):
        tick(services, TODAY + timedelta(days=day))
    written = [mail.id for mail in mails(services)]

    with services.transaction() as session:
        outgoing = begin_sending(session, written)

    assert {mail.context["days_left"] for mail in outgoing.values()} == {1}
    assert len(outgoing) == 2
    assert Counter(mail.state for mail in mails(services)) == {MailState.SKIPPED: 4, MailState.SENDING: 2}


@pytest.mark.parametrize(
    ("placed_days_ago", "expires_in", "milestone"),
    [
        (0, 30, None),
        (6, 30, None),  # four working days and a weekend
        (7, 30, "five_working_days"),
        (3, 10, "ten_days_left"),
        (3, 9, "ten_days_left"),
        (3, 3, "three_days_left"),
        (0, 3, None),
        (30, -20, "three_days_left"),
    ],
)
def test_an_unpaid_transfer_is_recalled(
    services: Services, placed_days_ago: int, expires_in: int, milestone: str | None
) -> None:
    mailbox = box(services, expires_in, created_at=NOW + timedelta(days=1))
    with services.transaction() as session:
        placed_at = NOW - timedelta(days=placed_days_ago)
        make_order(session, [session.get_one(Mailbox, mailbox.id)], number="K7Q2M9XRTA", placed_at=placed_at)

    for _ in range(2):
        tick(services)

    found = {mail.key.split(":")[2] for mail in mails(services) if mail.kind == "payment_reminder"}
    assert found == ({milestone} if milestone else set())


def test_who_says_to_have_paid_is_not_reminded(services: Services) -> None:
    mailbox = box(services, 10, created_at=NOW + timedelta(days=1))
    with services.transaction() as session:
        placed_at = NOW - timedelta(days=9)
        order = make_order(session, [session.get_one(Mailbox, mailbox.id)], placed_at=placed_at)
        session.add(PaymentDeclaration(order_id=order.id, reference="CRO1", sent_on=TODAY, declared_at=NOW))

    tick(services)

    assert mails(services) == []
