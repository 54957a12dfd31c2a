"""The table of ticks: whose they are, and when they were made."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.store.selections import SelectedMailbox, select_these, unselect_these
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, select_mailboxes


def test_unticking_touches_no_other_accounts_selection(services: Services) -> None:
    with services.transaction() as session:
        before, now = make_account(session), make_account(session)
        moved = make_mailbox(session, now)
        select_mailboxes(session, before, [moved])
        select_mailboxes(session, now, [moved])

        unselect_these(session, now.id, [moved.id])

        assert list(session.scalars(select(SelectedMailbox.account_id))) == [before.id]


def test_ticking_again_keeps_the_first_moment(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        ids = [make_mailbox(session, account).id]
        later = NOW + timedelta(hours=1)

        added = [select_these(session, account.id, ids, today=TODAY, now=now) for now in (NOW, later)]

        assert added == [1, 0]
        assert list(session.scalars(select(SelectedMailbox.selected_at))) == [NOW]
