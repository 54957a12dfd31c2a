"""The announcement of what will be charged: with it the auto-renewal of an expiry begins.

One mail for all that one account renews by itself on that day. Source: domain.md 6, lessons.md L8.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.domain.auto_renewal import CycleState
from portal.store import auto_renewal_facts
from portal.store.auto_renewal_facts import AccountPlace
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.dialects import insert_for
from portal.store.house import renewal_calendar
from portal.store.prices import prices_on
from portal.usecases import auto_renewal_notices
from portal.usecases.auto_renewal_prices import PricedRenewal, price_renewal

AT_ONCE = 1_000
"""Mailboxes in one transaction; an account of more gets a further mail for the rest."""


def announce(
    session: Session, cursor: AccountPlace | None, *, today: date, now: datetime
) -> tuple[int, AccountPlace | None]:
    """Announce some of the charges due for it by today; return how many, and where to go on if not done.

    A fixed number of statements, and some for each account that is written to.
    """
    rows = auto_renewal_facts.to_announce(session, cursor, today, AT_ONCE)
    prices = prices_on(session, today)
    priced = [found for facts in rows if (found := price_renewal(facts, prices)) and found.due_cents]
    begun = _begin(session, priced, today, now)
    new = [renewal for renewal in priced if renewal.facts.mailbox_id in begun]
    _note_mails(session, auto_renewal_notices.charges_announced(session, new, today, now=now), begun)
    last = rows[-1] if len(rows) == AT_ONCE else None
    return len(new), AccountPlace(last.account_id or 0, last.mailbox_id) if last else None


def _begin(session: Session, priced: Sequence[PricedRenewal], today: date, now: datetime) -> dict[int, int]:
    """Store the cycles; return their ids by mailbox. The unique key decides who of two clocks begins one."""
    if not priced:
        return {}
    tries = " ".join(map(str, renewal_calendar(session).tries))
    rows = [
        {
            "mailbox_id": renewal.facts.mailbox_id,
            "expires_on": renewal.facts.expires_on,
            "state": CycleState.ANNOUNCED,
            "announced_on": today,
            "announced_cents": renewal.due_cents,
            "term_years": renewal.choice.years,
            "try_days": tries,
            "updated_at": now,
        }
        for renewal in priced
    ]
    insert = insert_for(session, AutoRenewalCycle).values(rows).on_conflict_do_nothing()
    made = session.execute(insert.returning(AutoRenewalCycle.mailbox_id, AutoRenewalCycle.id))
    return {row.mailbox_id: row.id for row in made}


def _note_mails(session: Session, mails: dict[int, int], begun: dict[int, int]) -> None:
    """Record in which mail to its payer each charge was announced; `mails` by mailbox."""
    if mails:
        session.execute(
            update(AutoRenewalCycle),
            [{"id": begun[mailbox_id], "mail_id": mail_id} for mailbox_id, mail_id in mails.items()],
        )
