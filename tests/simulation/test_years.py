"""Years hour by hour, over clock changes and leap days: no notice lost or doubled, no term too short (R21).

`make soak` walks three years over ten thousand mailboxes; here it is half a year over some.
"""

from __future__ import annotations

import os
from datetime import date

import pytest
from sqlalchemy import update

from portal.store.mailboxes import Mailbox
from portal.store.notices import Notice
from portal.wiring import Services
from tests.conftest import Clock
from tests.simulation.years import Years, contradictions
from tests.workers.audit import audit

MAILBOXES = int(os.environ.get("SIMULATED_MAILBOXES", "40"))
DAYS = int(os.environ.get("SIMULATED_DAYS", "170"))
FIRST = date(2026, 12, 1) if DAYS > 1000 else date(2027, 10, 15)
"""By default over both changes of the clocks, the turn of the year and 29 February 2028."""
SPREAD = 365 if DAYS > 1000 else 120

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_years_go_by_as_the_dates_say(services: Services, clock: Clock) -> None:
    years = Years(services, clock, mailboxes=MAILBOXES, first=FIRST, spread=SPREAD, seed=20261126)

    years.walk(DAYS)

    with services.reading() as session:
        assert contradictions(session, years.expected) == []
        assert audit(session, services.now()) == []
    known = years.expected.values()
    assert sum(len(each.told) for each in known) > 3 * MAILBOXES
    assert sum(len(each.renewed) for each in known) > MAILBOXES // 3
    assert any(each.refused for each in known)
    assert any(each.gone for each in known)


@pytest.mark.parametrize("harm", ["lost", "early"])
def test_the_oracle_sees_what_is_wrong(services: Services, clock: Clock, harm: str) -> None:
    years = Years(services, clock, mailboxes=12, first=FIRST, spread=SPREAD, seed=7)
    years.walk(40)
    with services.reading() as session:
        assert contradictions(session, years.expected) == []
    with services.transaction() as session:
        if harm == "lost":
            session.delete(session.query(Notice).filter(Notice.recipient != "studio@posta.example").first())
        else:
            session.execute(update(Mailbox).where(Mailbox.id == 1).values(expires_on=date(2027, 1, 1)))

    with services.reading() as session:
        assert contradictions(session, years.expected)
