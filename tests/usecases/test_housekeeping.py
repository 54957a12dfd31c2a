"""What is thrown away at night and what is kept, each for as long as the operator says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.settings import Settings, SettingsError, read_settings
from portal.store import outbox
from portal.store.accounts import LoginSession
from portal.store.outbox import OutboxRow, OutboxState
from portal.wiring import Services
from tests.factories import NOW, make_account
from tests.usecases.days import tick


def test_finished_work_goes_and_what_is_left_to_do_stays(services: Services) -> None:
    long_since = NOW - timedelta(days=61)
    with services.transaction() as session:
        for key, state, done_at in (
            ("old", OutboxState.DONE, long_since),
            ("fresh", OutboxState.DONE, NOW - timedelta(days=59)),
            ("lost", OutboxState.FAILED, long_since),
            ("due", OutboxState.WAITING, None),
        ):
            outbox.enqueue(session, "mail.send", key, {}, now=long_since)
            session.execute(
                update(OutboxRow).where(OutboxRow.key == key).values(state=state, done_at=done_at)
            )

    tick(services)

    with services.reading() as session:
        assert set(session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "mail.send"))) == {
            "fresh",
            "lost",
            "due",
        }


@pytest.mark.parametrize(("kept", "left"), [(30, {"young"}), (32, {"young", "old"})])
def test_sign_ins_go_some_time_after_their_end(services: Services, kept: int, left: set[str]) -> None:
    keeping = replace(services.settings.keeping, sessions_days=kept)
    services = replace(services, settings=replace(services.settings, keeping=keeping))
    with services.transaction() as session:
        account = make_account(session)
        for name, days in (("old", 31), ("young", 1)):
            ended = NOW - timedelta(days=days)
            session.add(
                LoginSession(
                    token_hash=name,
                    account_id=account.id,
                    created_at=ended,
                    authenticated_at=ended,
                    last_seen_at=ended,
                    expires_at=ended,
                )
            )

    tick(services)

    with services.reading() as session:
        assert set(session.scalars(select(LoginSession.token_hash))) == left


@pytest.mark.parametrize("name", ["PORTAL_SESSIONS_DAYS", "PORTAL_WORK_DAYS"])
@pytest.mark.parametrize("days", ["0", "99999", "many"])
def test_nothing_is_kept_for_ever_or_not_at_all(environment: dict[str, str], name: str, days: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings(environment | {name: days})


def test_the_usual_times(settings: Settings) -> None:
    assert (settings.keeping.sessions_days, settings.keeping.work_days) == (30, 60)
