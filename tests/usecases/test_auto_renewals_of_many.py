"""Auto-renewal of many mailboxes: previewed, agreed once, switched in a fixed number of statements."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, insert, literal, select, update

from portal.domain.access import Subject, SubjectKind
from portal.domain.auto_renewal import CycleEnd, CycleState
from portal.domain.errors import AutoRenewalRefused, NotFound
from portal.domain.mandates import MandateLimits
from portal.domain.orders import OrderState
from portal.letters import render
from portal.store.accounts import Account, Holder
from portal.store.base import Instant
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.notices import NoticeAddress
from portal.store.orders import OrderLine
from portal.store.selections import SelectedMailbox
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod
from portal.usecases import auto_renewals, auto_renewals_of_many
from portal.usecases.audit import audit
from portal.usecases.auto_renewals import Wish
from portal.usecases.auto_renewals_of_many import LeftOut, Preview
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW, fill_account
from tests.statements import counted
from tests.usecases.renewing import Days, renewing
from tests.usecases.test_notices import AROUND

LIMITS = MandateLimits()


def select_all(days: Days) -> None:
    """Tick all the account's mailboxes."""
    with days.services.transaction() as session:
        ticked = select(Mailbox.account_id, Mailbox.id, literal(NOW, Instant())).where(
            Mailbox.account_id == days.subject.account_id
        )
        columns = ["account_id", "mailbox_id", "selected_at"]
        session.execute(insert(SelectedMailbox).from_select(columns, ticked))


def wish(days: Days, maximum_cents: int = 20_00, **fields: bool) -> Wish:
    return Wish(f"m-{days.subject.account_id:06}", maximum_cents, "192.0.2.9", **fields)


def look(days: Days, maximum_cents: int | None = None) -> Preview:
    today = days.services.today()
    with days.services.reading() as session:
        return auto_renewals_of_many.look_at_many(session, days.subject, maximum_cents, LIMITS, today=today)


def on(days: Days, maximum_cents: int = 20_00, **fields: bool) -> int:
    services = days.services
    with services.transaction() as session:
        return auto_renewals_of_many.switch_many_on(
            session,
            days.subject,
            wish(days, maximum_cents, **fields),
            today=services.today(),
            now=services.now(),
        )


def off(days: Days, *, everything: bool = False) -> tuple[int, int]:
    services = days.services
    days.clock.forward(seconds=1)
    with services.transaction() as session:
        done = auto_renewals_of_many.switch_many_off(
            session, days.subject, everything=everything, today=services.today(), now=services.now()
        )
    return done.count, done.orders


def mandates_in_force(days: Days) -> int:
    with days.services.reading() as session:
        in_force = select(func.count()).select_from(Mandate).where(Mandate.revoked_at.is_(None))
        return session.scalar(in_force) or 0


@pytest.fixture
def days(services: Services, clock: Clock) -> Days:
    """Three mailboxes of an account, ticked, whose auto-renewal is off."""
    days = renewing(services, clock, mailboxes=3, expires_in=60)
    select_all(days)
    off(days)
    return days


def test_the_preview_says_how_many_what_by_month_and_how_much_at_most(days: Days) -> None:
    with days.services.transaction() as session:
        soon = session.get_one(Mailbox, days.mailbox_ids[0])
        soon.expires_on = days.services.today()

    found = look(days)

    assert (found.count, found.by_hand, found.already_on, found.on_in_account) == (3, 1, 0, 0)
    assert [(month.first_day.isoformat(), month.count, month.cents) for month in found.months] == [
        ("2027-01-01", 2, 12_20)
    ]
    assert (found.total_cents, found.maximum_cents) == (12_20, 10_00)


def test_what_cannot_be_is_left_out_with_its_reason_and_the_rest_is_switched(days: Days) -> None:
    with days.services.transaction() as session:
        first, second, _ = (session.get_one(Mailbox, box) for box in days.mailbox_ids)
        first.plan, second.extra_mailbox_gb = "domain", 1

    found = look(days, 700)

    assert {each.reason for each in found.refused} == {LeftOut.DOMAIN_PLAN, LeftOut.OVER_MAXIMUM}
    assert len(found.ready) == 1


def test_one_agreement_switches_all_of_them_and_they_are_charged(days: Days) -> None:
    assert on(days) == 3

    with days.services.reading() as session:
        (consent,) = session.scalars(
            select(AutoRenewalConsent).where(AutoRenewalConsent.address == "192.0.2.9")
        )
        renews = session.scalars(select(RenewsWith)).all()
        (mail,) = session.scalars(
            select(Mail).where(Mail.kind == "auto_renewal_enabled", Mail.recipient == "mario@posta.example")
        )
    assert {(each.consent_id, each.maximum_cents) for each in renews} == {(consent.id, 20_00)}
    for language in ("it", "en"):
        words = render(mail.kind, language, mail.context, AROUND, code="ABCDEFGHJKLM")
        assert all(
            address in words.text and address in words.html.replace("<wbr>", "")
            for address in mail.context["many"]
        )
        assert "None" not in words.text + words.html + words.subject
    days.before(7)
    assert days.states() == [CycleState.DONE] * 3


def test_on_again_takes_the_new_limit_and_ends_the_mandate_before(days: Days) -> None:
    before = mandates_in_force(days)
    on(days)
    on(days, 30_00)

    assert mandates_in_force(days) == before + 1


def test_one_switched_off_alone_leaves_the_mandate_to_the_others(days: Days) -> None:
    on(days)
    before, services = mandates_in_force(days), days.services

    for place in range(3):
        assert mandates_in_force(days) == before
        with services.transaction() as session:
            address = days.mailbox(place).address
            now, today = services.now(), services.today()
            auto_renewals.switch_off(session, days.subject, address, today=today, now=now)

    assert mandates_in_force(days) == before - 1


def test_off_means_off_for_all_of_them_and_their_orders_are_cancelled(days: Days) -> None:
    on(days)
    days.before(10)
    assert days.states() == [CycleState.ORDERED] * 3

    assert off(days, everything=True) == (3, 3)

    assert [(cycle.state, cycle.ended_by) for cycle in days.cycles()] == [
        (CycleState.SKIPPED, CycleEnd.SWITCHED_OFF)
    ] * 3
    assert {order.state for order in days.orders()} == {OrderState.CANCELLED}
    days.before(0)
    assert days.attempts() == []
    with days.services.reading() as session:
        assert session.scalars(select(OrderLine.is_open)).all() == [False] * 3
        found = audit(session, today=days.services.today(), now=days.services.now())
        assert [f"{each.check} {each.what}" for each in found] == []
        for mail in session.scalars(select(Mail).where(Mail.kind == "auto_renewal_disabled")):
            words = render(mail.kind, "en", mail.context, AROUND, code="ABCDEFGHJKLM")
            assert "None" not in words.text + words.html + words.subject


def test_without_the_switch_off_they_would_be_charged(days: Days) -> None:
    """The control of the test above."""
    on(days)
    days.before(7)

    assert len(days.attempts()) == 3


def test_off_for_the_selection_leaves_the_others_on(days: Days) -> None:
    on(days)
    with days.services.transaction() as session:
        last = SelectedMailbox.mailbox_id == days.mailbox_ids[2]
        session.execute(delete(SelectedMailbox).where(last))

    assert off(days) == (2, 0)

    assert [days.mailbox(place).auto_renewal for place in range(3)] == [False, False, True]


def test_credit_first_can_be_chosen_for_all(days: Days) -> None:
    on(days, credit_first=True)

    with days.services.reading() as session:
        assert session.scalars(select(RenewsWith.credit_first)).all() == [True] * 3


def test_a_strangers_method_or_a_mailboxs_own_session_switches_nothing(days: Days) -> None:
    with days.services.transaction() as session:
        session.execute(update(StoredMethod).values(account_id=None, mailbox_id=days.mailbox_ids[0]))
    with pytest.raises(AutoRenewalRefused):
        on(days)
    days.subject = Subject(SubjectKind.MAILBOX, mailbox_id=days.mailbox_ids[0])
    for act in (lambda: off(days, everything=True), lambda: look(days)):
        with pytest.raises(NotFound):
            act()


def test_further_addresses_hear_of_it_as_well(days: Days) -> None:
    with days.services.transaction() as session:
        for owner in ({"account_id": days.subject.account_id}, {"mailbox_id": days.mailbox_ids[0]}):
            session.add(NoticeAddress(email="Conti@posta.example", created_at=NOW, **owner))
    on(days)
    days.decline()
    days.before(0)

    for kind, count in (("auto_renewal_enabled", 1), ("expiry_notice_auto", 1), ("auto_renewal_failed", 12)):
        assert days.told(kind).count((kind, "conti@posta.example")) == count


def test_thousands_take_as_many_statements_as_twenty(services: Services, clock: Clock) -> None:
    days, sent = renewing(services, clock, expires_in=200), {}
    for count in (20, 3_000):
        with services.transaction() as session:
            account = session.get_one(Account, days.subject.account_id)
            fill_account(session, account, count, holder=session.scalars(select(Holder)).first())
            session.execute(delete(SelectedMailbox))
        select_all(days)
        with counted(services.engine) as statements:
            assert len(look(days).ready) > count
            assert on(days, 900_00) > count
            assert off(days)[0] > count
        sent[count] = len(statements)

    assert sent[3_000] == sent[20]
