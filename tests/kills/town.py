"""Who lives in an installation whose processes die: customers who renew, and mailboxes whose days come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from portal.domain.plans import Plan
from portal.store.mailboxes import Mailbox
from portal.wiring import Services
from tests.blueprints.people import password_hash
from tests.factories import make_account, make_holder, make_mailbox, make_prices

DUE = (-91, -90, -60, -1, 0, 7, 30, 90)
"""Days to the expiry of mailboxes about which something is to be said or done today."""


@dataclass
class Town:
    """The people, and the mailboxes that the clock will have to do with."""

    services: Services
    customers: dict[str, list[str]] = field(default_factory=dict)

    def let_more_fall_due(self, *, until: int, so_far: int) -> int:
        """Let mailboxes appear of which something is due today; return how many."""
        now, today = datetime(2020, 1, 1, tzinfo=UTC), self.services.today()
        with self.services.transaction() as session:
            rows = [
                {
                    "address": f"scade.{place:06}@pec.example",
                    "holder_id": make_holder(session).id,
                    "plan": Plan.STANDARD,
                    "expires_on": today + timedelta(days=DUE[place % len(DUE)]),
                    "created_at": now,
                }
                for place in range(so_far, until)
            ]
            if rows:
                session.execute(insert(Mailbox), rows)
        return len(rows)


def settle(services: Services, *, customers: int, mailboxes: int) -> Town:
    """Store prices, and customers with so many mailboxes each."""
    town, today = Town(services), services.today()
    with services.transaction() as session:
        make_prices(session)
        for place in range(customers):
            name = f"{400_100 + place}@aruba.it"
            account = make_account(session, name, password_hash=password_hash())
            town.customers[name] = [
                make_mailbox(session, account, expires_on=today + timedelta(days=20)).address
                for _ in range(mailboxes)
            ]
    return town
