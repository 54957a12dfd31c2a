"""Years hour by hour, over clock changes and leap days: no notice lost or doubled, no term too short (R21).

`make soak` walks three years over ten thousand mailboxes; here it is half a year over some.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import update

from portal.store.ledger import CreditLot, Wallet
from portal.store.mailboxes import Mailbox
from portal.store.notices import Notice
from portal.wiring import Services
from tests.conftest import Clock
from tests.simulation.contradictions import STUDIO
from tests.simulation.years import Years
from tests.workers.audit import audit

FIRST = date(2027, 10, 15)
"""Half a year from here goes over both changes of the clocks, the turn of the year and 29 February 2028."""
SEED = 20261126

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
def test_half_a_year_goes_by_as_the_dates_say(services: Services, clock: Clock) -> None:
    years = Years(services, clock, mailboxes=40, first=FIRST, spread=120, seed=SEED)

    years.walk(170)

    assert_all_was_as_it_should_be(years, services)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("database_url", "mailboxes", "first", "spread", "days"),
    [("postgresql", 500, FIRST, 120, 170), ("sqlite", 10_000, date(2026, 12, 1), 365, 1_096)],
    indirect=["database_url"],
    ids=["postgresql", "sqlite"],
)
def test_years_go_by_hour_by_hour(
    services: Services, clock: Clock, mailboxes: int, first: date, spread: int, days: int
) -> None:
    began = time.monotonic()
    years = Years(services, clock, mailboxes=mailboxes, first=first, spread=spread, seed=SEED)

    years.walk(days, hourly=True)

    assert_all_was_as_it_should_be(years, services)
    figures = {"seed": SEED, "days": days, "mailboxes": mailboxes, **counts(years)}
    print("", *(f"{name} {count}" for name, count in figures.items()), sep="\n")
    print(f"minutes {(time.monotonic() - began) / 60:.1f}")


@on_sqlite
@pytest.mark.parametrize("harm", ["lost", "early", "suspended", "credit"])
def test_the_oracle_sees_what_is_wrong(services: Services, clock: Clock, harm: str) -> None:
    years = Years(services, clock, mailboxes=12, first=FIRST, spread=120, seed=7)
    years.walk(40)
    assert years.contradictions() == []
    with services.transaction() as session:
        if harm == "lost":
            session.delete(session.query(Notice).filter(Notice.recipient != STUDIO).first())
        if harm == "early":
            session.execute(update(Mailbox).where(Mailbox.id == 1).values(expires_on=date(2027, 1, 1)))
        if harm == "credit":
            session.add(Wallet(mailbox_id=2, balance_cents=5))
            session.flush()
            session.add(CreditLot(wallet_id=1, amount_cents=5, left_cents=5))
    if harm == "suspended":
        years.platform.suspend("a second time", "casella.000001@pec.example")

    assert years.contradictions()


def assert_all_was_as_it_should_be(years: Years, services: Services) -> None:
    assert years.contradictions() == []
    with services.reading() as session:
        assert audit(session, services.now()) == []
    count = counts(years)
    assert count["notices"] > 3 * len(years.expected)
    assert count["renewals"] > len(years.expected) // 3
    assert count["refused"]
    assert count["cancelled"]
    assert count["credit"]


def counts(years: Years) -> Counter[str]:
    """Return how much happened, so that nobody takes a quiet walk for a good one."""
    total: Counter[str] = Counter()
    for known in years.expected.values():
        total["notices"] += len(known.told)
        total["suspended"] += sum(step == "suspended" for _, step in known.steps)
        total["renewals"] += len(known.renewed)
        total["refused"] += known.refused
        total["cancelled"] += known.gone
        total["credit"] += len(known.credit)
    return total
