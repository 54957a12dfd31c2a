"""The database and the domain give the same answer about every mailbox on every day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.conventions import Payer, conventions_on, standing_of
from portal.domain.listing import Shown, standing_on
from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.domain.renewability import NotRenewable, why_not_renewable
from portal.store.mailbox_list import SHOWN, list_values
from portal.store.mailboxes import Mailbox
from portal.store.renewability import MEMBERSHIP, day_values, not_renewable_reason, renewable
from portal.wiring import Services
from tests.factories import (
    ARCHITECTS,
    DOCTORS,
    LAWYERS,
    TODAY,
    make_account,
    make_convention,
    make_holder,
    make_mailbox,
    make_order,
)

OFFSETS = (-400, -92, -91, -90, -89, -32, -31, -30, -29, -1, 0, 1, 30, 89, 90, 91, 92, 400)
"""Days around today where something changes, for one plan or another."""
AGREED = [
    replace(DOCTORS, valid_from=TODAY - timedelta(days=91)),
    replace(ARCHITECTS, valid_from=TODAY, valid_to=TODAY + timedelta(days=30)),
    replace(LAWYERS, valid_from=TODAY - timedelta(days=30), valid_to=TODAY - timedelta(days=1)),
    replace(LAWYERS, payer=Payer.BODY, valid_from=TODAY + timedelta(days=1), valid_to=None),
]
CODES = [*(agreed.code for agreed in AGREED), "UNKNOWN"]
DAYS = [TODAY + timedelta(days=days) for days in (-91, -30, -1, 0, 1, 30, 31, 90, 91)]


def store_every_kind(session: Session) -> dict[int, bool]:
    """Store mailboxes at every boundary in every combination; return which have an open order, by id."""
    account, holder = make_account(session), make_holder(session)
    has_open_order: dict[int, bool] = {}
    random = Random(20261124)
    for plan in Plan:
        for offset in OFFSETS:
            for _ in range(3):
                mailbox = make_mailbox(
                    session,
                    account,
                    holder=holder,
                    plan=plan,
                    expires_in=offset,
                    cancelled_on=random.choice([None, None, TODAY + timedelta(days=random.choice(OFFSETS))]),
                    convention_code=random.choice([None, None, *CODES]),
                )
                has_open_order[mailbox.id] = random.random() < 0.3
                if has_open_order[mailbox.id]:
                    make_order(session, [mailbox])
    return has_open_order


def expected_reason(mailbox: Mailbox, today: date, *, has_open_order: bool) -> NotRenewable | None:
    return why_not_renewable(
        today,
        mailbox.plan,
        mailbox.expires_on,
        cancelled_on=mailbox.cancelled_on,
        has_open_order=has_open_order,
        convention=standing_of(mailbox.convention_code, conventions_on(AGREED, today)),
    )


def test_the_database_gives_the_domains_reason_for_every_mailbox_on_every_day(services: Services) -> None:
    with services.transaction() as session:
        for agreed in AGREED:
            make_convention(session, agreed)
        has_open_order = store_every_kind(session)

    seen: set[NotRenewable | None] = set()
    with services.reading() as session:
        for today in DAYS:
            columns = (Mailbox, not_renewable_reason(today), renewable(today), *MEMBERSHIP)
            for row in session.execute(select(*columns), day_values(today)):
                mailbox, reason, can_be_renewed = row[:3]
                standing = standing_of(mailbox.convention_code, conventions_on(AGREED, today))
                assert row.convention == standing
                expected = expected_reason(mailbox, today, has_open_order=has_open_order[mailbox.id])
                assert reason == expected
                assert can_be_renewed == (expected is None)
                seen.add(expected)

    assert seen == {None, *NotRenewable}


def test_a_closed_line_does_not_stand_in_the_way(services: Services) -> None:
    with services.transaction() as session:
        mailbox = make_mailbox(session, make_account(session))
        make_order(session, [mailbox], state=OrderState.CANCELLED)

    with services.reading() as session:
        reason = session.scalar(select(not_renewable_reason(TODAY)).where(Mailbox.id == mailbox.id))

    assert reason is None


@pytest.mark.parametrize("shown", Shown)
def test_each_filter_shows_exactly_the_mailboxes_with_that_badge(services: Services, shown: Shown) -> None:
    with services.transaction() as session:
        store_every_kind(session)

    badges = {
        Shown.ALL: {"active", "expiring", "suspended", "cancelled"},
        Shown.KEPT: {"active", "expiring", "suspended"},
    }.get(shown, {shown.value})
    with services.reading() as session:
        everything = list(session.scalars(select(Mailbox)))
        for today in DAYS:
            found = set(session.scalars(select(Mailbox.id).where(SHOWN[shown]), list_values(today)))
            assert found == {
                mailbox.id
                for mailbox in everything
                if standing_on(today, mailbox.expires_on, mailbox.plan, mailbox.cancelled_on) in badges
            }
            assert found
