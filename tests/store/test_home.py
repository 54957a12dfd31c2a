"""What of an account's mailboxes the first page counts as to be renewed, by the month they expire in."""

from __future__ import annotations

from datetime import date

from portal.domain.forecast import Expiring
from portal.domain.plans import Plan
from portal.domain.pricing import Choice
from portal.store.home import renewals_ahead
from portal.wiring import Services
from tests.factories import TODAY, make_account, make_mailbox, make_order


def test_what_can_be_renewed_is_counted_by_month_and_kind(services: Services) -> None:
    this_month = TODAY.replace(day=1)
    ends = date(TODAY.year + 1, TODAY.month, 1)
    with services.transaction() as session:
        account, stranger = make_account(session), make_account(session)
        for day in (TODAY, TODAY):
            make_mailbox(session, account, expires_in=(day - TODAY).days)
        make_mailbox(session, account, expires_in=-3, of_account_holder=False)
        make_mailbox(session, account, expires_in=0, plan=Plan.PRO, extra_archive_gb=2)
        make_mailbox(session, account, expires_in=(ends - TODAY).days - 1)
        make_mailbox(session, account, expires_in=(ends - TODAY).days)
        make_mailbox(session, account, expires_in=5, plan=Plan.DOMAIN)
        make_mailbox(session, account, expires_in=-200)
        make_mailbox(session, stranger, expires_in=5)
        make_order(session, [make_mailbox(session, account, expires_in=5)])

        found = renewals_ahead(session, account.id, TODAY)

    assert sorted(found, key=repr) == sorted(
        [
            Expiring(None, Choice(Plan.STANDARD), 1),
            Expiring(this_month, Choice(Plan.STANDARD), 2),
            Expiring(this_month, Choice(Plan.PRO, extra_archive_gb=2), 1),
            Expiring(date(TODAY.year + 1, TODAY.month - 1, 1), Choice(Plan.STANDARD), 1),
        ],
        key=repr,
    )
