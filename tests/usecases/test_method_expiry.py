"""A stored method that expires before it is needed is told, once, to whoever pays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.mandates import MethodStanding, StoredMethodState, method_standing
from portal.letters import render
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.stored_methods import RenewsWith, StoredMethod
from portal.usecases.method_expiry import tell_expiring
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import TODAY
from tests.usecases.renewing import Days, renewing
from tests.usecases.test_notices import AROUND

KIND = "payment_method_expiring"
FAR = date(2030, 12, 31)


def told(days: Days, today: date = TODAY) -> int:
    with days.services.transaction() as session:
        count, _ = tell_expiring(session, None, today=today, now=days.services.now())
    return count


def card_until(days: Days, last_day: date | None) -> None:
    with days.services.transaction() as session:
        session.execute(update(StoredMethod).values(expires_on=last_day))


@pytest.mark.parametrize(
    ("last_day", "expires_in", "is_told"),
    [
        (date(2026, 12, 31), 300, True),
        (date(2027, 1, 31), 300, False),
        (date(2026, 11, 30), 300, True),
        (date(2027, 1, 15), 60, True),
        (date(2027, 1, 16), 60, False),
        (date(2027, 1, 15), 61, False),
        (None, 30, False),
    ],
)
def test_a_month_before_its_last_or_sixty_days_before_an_expiry_it_does_not_live_to_see(
    services: Services, clock: Clock, last_day: date | None, expires_in: int, is_told: bool
) -> None:
    days = renewing(services, clock, expires_in=expires_in)
    card_until(days, last_day)

    assert told(days) == int(is_told)


def test_it_is_told_once_however_often_the_clock_looks(services: Services, clock: Clock) -> None:
    days = renewing(services, clock, mailboxes=5)
    card_until(days, TODAY)

    assert [told(days, TODAY + timedelta(days=later)) for later in (0, 0, 1, 30)] == [1, 0, 0, 0]

    assert days.told(KIND) == [(KIND, "studio@posta.example")]
    with services.reading() as session:
        (mail,) = session.scalars(select(Mail).where(Mail.kind == KIND))
    for language in ("it", "en"):
        words = render(KIND, language, mail.context, AROUND, code="ABCDEFGHJKLM")
        assert "2026" in words.text
        assert days.mailbox().address in words.text + words.html
        assert "None" not in words.text + words.html + words.subject


@pytest.mark.parametrize("what", ["removed", "nothing renews", "off"])
def test_what_is_not_needed_is_not_told(services: Services, clock: Clock, what: str) -> None:
    days = renewing(services, clock)
    card_until(days, TODAY)
    with services.transaction() as session:
        if what == "removed":
            session.execute(update(StoredMethod).values(state=StoredMethodState.REMOVED))
        elif what == "off":
            session.execute(update(Mailbox).values(auto_renewal=False))
        else:
            session.delete(session.get_one(RenewsWith, days.mailbox_ids[0]))

    assert told(days) == 0


@pytest.mark.parametrize(
    ("last_day", "standing"),
    [
        (None, MethodStanding.GOOD),
        (TODAY + timedelta(days=61), MethodStanding.GOOD),
        (TODAY + timedelta(days=60), MethodStanding.EXPIRING),
        (TODAY, MethodStanding.EXPIRING),
        (TODAY - timedelta(days=1), MethodStanding.EXPIRED),
        (FAR, MethodStanding.GOOD),
    ],
)
def test_how_long_a_method_is_good_for(last_day: date | None, standing: MethodStanding) -> None:
    assert method_standing(last_day, TODAY) is standing
