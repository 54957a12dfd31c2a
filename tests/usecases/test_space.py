"""More space in the middle of a term: its price on each day, who may, what hinders, and how it gets there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.credit_errors import CreditTooSmall, SpaceNotSold
from portal.domain.errors import DomainError, NotAllowed, NotFound, PriceChanged, PriceMissing
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.domain.price_list import Item
from portal.domain.space_purchase import NoSpace, SpaceConfirmed, SpaceWanted
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.outbox import OutboxRow
from portal.store.payments import Payment
from portal.store.space_purchases import SpacePurchase
from portal.usecases import fulfilment, space_effects, wallets
from portal.usecases.audit import audit
from portal.usecases.space_offers import look_at_space
from portal.usecases.space_purchases import buy_space
from portal.usecases.wallets import Why
from portal.wiring import Services
from tests.factories import (
    NOW,
    TODAY,
    make_account,
    make_billing,
    make_mailbox,
    make_order,
    make_prices,
    schedule_change,
)

A, B = ExtraSpacePolicy.FULL_YEAR_WITH_FREE_WINDOW, ExtraSpacePolicy.MONTHLY_PRO_RATA
ADDRESS = "studio@pec.example"
ONE = SpaceWanted(mailbox_gb=1)


def shop(services: Services, credit: int = 10_000, **fields: Any) -> Subject:
    """Return an account with a Pro mailbox that lasts 200 days, credit and a price list."""
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        values = {"plan": Plan.PRO, "expires_in": 200} | fields
        make_mailbox(session, account, ADDRESS, **values)
        if credit:
            give(session, subject, credit)
    return subject


def give(session: Session, subject: Subject, cents: int) -> None:
    why = Why(PostingKind.ADJUSTMENT, f"gift of {cents}")
    wallets.put_in(session, subject, why, cents, LedgerAccount.ADJUSTMENTS, now=NOW)


def buy(
    services: Services,
    subject: Subject,
    due: int,
    wanted: SpaceWanted = ONE,
    *,
    policy: ExtraSpacePolicy = A,
    now: datetime = NOW,
) -> Order:
    confirmed = SpaceConfirmed(wanted, due)
    with services.transaction() as session:
        return buy_space(session, subject, ADDRESS, confirmed, policy=policy, now=now)


def work(services: Services, now: datetime = NOW) -> None:
    """Do what a worker does with every purchase."""
    with services.transaction() as session:
        ids = session.scalars(select(SpacePurchase.id)).all()
        tasks = space_effects.begin_space(session, ids, now=now)
    for task in tasks.values():
        assert not task.must_wait
        with services.transaction() as session:
            if task.order is not None:
                space_effects.complete_space(session, task.purchase_id, task.order, now=now)
            else:
                space_effects.refuse_space(session, task.purchase_id, now=now)


def balance(services: Services, subject: Subject) -> int:
    with services.reading() as session:
        return wallets.balance_of(session, subject, today=TODAY)


def mailbox(services: Services) -> Mailbox:
    with services.reading() as session:
        return session.scalars(select(Mailbox).where(Mailbox.address == ADDRESS)).one()


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "bought", "expires", "gb", "due"),
    [
        (A, date(2025, 6, 15), date(2025, 12, 1), 1, 366),
        (A, date(2025, 8, 31), date(2025, 12, 1), 1, 366),
        (A, date(2025, 9, 1), date(2025, 12, 1), 1, 0),
        (A, date(2025, 10, 10), date(2025, 12, 1), 1, 0),
        (A, date(2025, 6, 15), date(2025, 12, 1), 2, 732),
        (A, date(2025, 9, 15), date(2027, 11, 30), 1, 732),
        (A, date(2025, 11, 27), date(2026, 2, 28), 1, 366),
        (A, date(2025, 11, 28), date(2026, 2, 28), 1, 0),
        (B, date(2025, 6, 15), date(2025, 12, 1), 1, 183),
    ],
)
def test_what_is_shown_is_charged_on_every_day_of_the_table(
    services: Services, policy: ExtraSpacePolicy, bought: date, expires: date, gb: int, due: int
) -> None:
    subject = shop(services, expires_on=expires)
    wanted = SpaceWanted(mailbox_gb=gb)
    with services.reading() as session:
        page = look_at_space(session, subject, ADDRESS, wanted, policy=policy, today=bought)
    assert page.quote is not None
    assert (page.quote.due_cents, page.quote.price.renewal_net_cents) == (due, 300 * gb)

    order = buy(services, subject, due, wanted, policy=policy, now=noon(bought))

    assert (order.state, order.due_cents) == (OrderState.PAID, due)
    assert balance(services, subject) == 10_000 - due
    with services.reading() as session:
        assert len(session.scalars(select(Payment)).all()) == (1 if due else 0)


def test_paid_space_is_there_and_the_expiry_stays(services: Services) -> None:
    subject = shop(services)
    before = mailbox(services)
    order = buy(services, subject, 732, SpaceWanted(1, 1))
    with services.reading() as session:
        assert session.scalars(select(OutboxRow).where(OutboxRow.kind == "platform.space")).one()

    work(services)
    work(services)

    after = mailbox(services)
    assert (after.extra_mailbox_gb, after.extra_archive_gb) == (1, 1)
    assert after.expires_on == before.expires_on
    with services.reading() as session:
        assert session.get_one(Order, order.id).state is OrderState.FULFILLED
        mails = session.scalars(select(Mail)).all()
        assert {mail.kind for mail in mails} == {"extra_space_activated"}
        assert {mail.context["renewal_net_cents"] for mail in mails} == {600}
        assert not [found for found in audit(session, today=TODAY, now=NOW) if "lease" not in found.check]


def test_too_little_credit_orders_nothing(services: Services) -> None:
    subject = shop(services, credit=300)

    with pytest.raises(CreditTooSmall) as refused:
        buy(services, subject, 366)

    assert refused.value.missing_cents == 66
    with services.reading() as session:
        assert session.scalars(select(Order)).all() == []


def test_free_space_needs_no_credit(services: Services) -> None:
    subject = shop(services, credit=0, expires_in=60)

    assert buy(services, subject, 0).state is OrderState.PAID


def test_another_price_than_shown_is_refused(services: Services) -> None:
    subject = shop(services)

    with pytest.raises(PriceChanged) as refused:
        buy(services, subject, 0)

    assert (refused.value.shown_cents, refused.value.actual_cents) == (0, 366)


@pytest.mark.parametrize(
    ("fields", "wanted", "reason"),
    [
        ({"expires_in": -1}, ONE, NoSpace.SUSPENDED),
        ({"expires_in": -100}, ONE, NoSpace.GONE),
        ({"cancelled_on": TODAY + timedelta(days=5)}, ONE, NoSpace.GONE),
        ({"plan": Plan.DOMAIN}, ONE, NoSpace.DOMAIN_PLAN),
        ({"plan": Plan.STANDARD, "extra_mailbox_gb": 1}, ONE, NoSpace.FULL),
        ({"plan": Plan.STANDARD}, SpaceWanted(mailbox_gb=2), NoSpace.FULL),
        ({"plan": Plan.STANDARD}, SpaceWanted(archive_gb=1), NoSpace.FULL),
        ({"extra_mailbox_gb": 98}, SpaceWanted(mailbox_gb=2), NoSpace.FULL),
        ({}, SpaceWanted(), NoSpace.FULL),
        ({}, SpaceWanted(mailbox_gb=-1), NoSpace.FULL),
    ],
)
def test_what_cannot_be_had(
    services: Services, fields: dict[str, Any], wanted: SpaceWanted, reason: NoSpace
) -> None:
    subject = shop(services, **fields)

    with pytest.raises(SpaceNotSold) as refused:
        buy(services, subject, 366, wanted)

    assert refused.value.reason is reason


def test_not_while_a_renewal_is_ordered(services: Services) -> None:
    subject = shop(services)
    with services.transaction() as session:
        make_order(session, [session.scalars(select(Mailbox)).one()])

    with pytest.raises(SpaceNotSold) as refused:
        buy(services, subject, 366)

    assert refused.value.reason is NoSpace.OPEN_ORDER


def test_not_while_a_smaller_package_waits(services: Services) -> None:
    subject = shop(services)
    with services.transaction() as session:
        box = session.scalars(select(Mailbox)).one()
        schedule_change(session, box, TODAY + timedelta(days=201), Plan.STANDARD)

    with pytest.raises(SpaceNotSold) as refused:
        buy(services, subject, 366)

    assert refused.value.reason is NoSpace.WAITING_CHANGE


def test_not_twice_before_the_first_is_there(services: Services) -> None:
    subject = shop(services)
    buy(services, subject, 366)

    with pytest.raises(SpaceNotSold) as refused:
        buy(services, subject, 366)
    work(services)
    buy(services, subject, 366)

    assert refused.value.reason is NoSpace.UNDER_WAY


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"of_account_holder": False}, NotAllowed),
        ({"of_account_holder": True}, CreditTooSmall),
        ({"convention_code": "OMCEO-GE-0015", "of_account_holder": False}, CreditTooSmall),
    ],
)
def test_who_may_with_the_mailboxs_own_credentials(
    services: Services, fields: dict[str, Any], refusal: type[DomainError]
) -> None:
    """Whoever may is stopped by the empty wallet of their own, and by nothing before."""
    shop(services, **fields)
    own = Subject(SubjectKind.MAILBOX, mailbox_id=mailbox(services).id)

    with pytest.raises(refusal):
        buy(services, own, 366)


def test_a_strangers_mailbox_does_not_exist(services: Services) -> None:
    shop(services)
    with services.transaction() as session:
        stranger = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)

    with pytest.raises(NotFound):
        buy(services, stranger, 366)


def test_public_bodies_pay_the_net(services: Services) -> None:
    subject = shop(services)
    with services.transaction() as session:
        account = make_account(session, billed=False)
        make_billing(session, account_id=account.id, kind="public_body", split_payment=True)
        make_mailbox(session, account, "ente@pec.example", plan=Plan.PRO, expires_in=200)
        body = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        give(session, body, 300)
        order = buy_space(session, body, "ente@pec.example", SpaceConfirmed(ONE, 300), policy=A, now=NOW)

    assert (order.due_cents, order.gross_cents) == (300, 366)
    assert balance(services, subject) == 10_000


def test_space_without_a_price_is_not_sold(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session, without=[Item.EXTRA_MAILBOX_GB])
        account = make_account(session)
        make_mailbox(session, account, ADDRESS, plan=Plan.PRO, expires_in=200)

    with pytest.raises(PriceMissing):
        buy(services, Subject(SubjectKind.ACCOUNT, account_id=account.id), 366)


def test_space_that_became_impossible_is_credit_again(services: Services) -> None:
    subject = shop(services)
    order = buy(services, subject, 366)
    with services.transaction() as session:
        session.scalars(select(Mailbox)).one().extra_mailbox_gb = 99

    work(services)

    assert balance(services, subject) == 10_000
    with services.reading() as session:
        assert session.get_one(Order, order.id).state is OrderState.CREDITED


def test_a_renewal_waits_for_space_that_is_being_set_up(services: Services) -> None:
    subject = shop(services)
    buy(services, subject, 366)
    with services.transaction() as session:
        make_order(session, [session.scalars(select(Mailbox)).one()], state=OrderState.PAID, paid_at=NOW)

    with services.transaction() as session:
        (task,) = fulfilment.begin_renewals(session, [1], now=NOW).values()
    assert task.must_wait
    work(services)
    with services.transaction() as session:
        (task,) = fulfilment.begin_renewals(session, [1], now=NOW).values()
    assert not task.must_wait
