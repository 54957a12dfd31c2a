"""`portal tick` and `portal doctor`: a day done, days of the demo gone by, and what is wrong said aloud."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli.main import main
from portal.demo.calendar import DemoClock
from portal.domain.dates import rome_day
from portal.store import clock_slots
from portal.store.outbox import enqueue
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import TODAY
from tests.usecases.days import box, mails
from workers.clock import Clock as Scheduler

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def portal(services: Services, *words: str) -> Result:
    return CliRunner().invoke(main, [*words], obj=services)


def test_a_tick_does_the_day_and_says_how_much(services: Services) -> None:
    box(services, 30)
    box(services, -1, address="scaduta@pec.example")

    done = portal(services, "tick")

    assert done.exit_code == 0
    assert "1  caselle da sospendere" in done.output
    assert "4  avvisi di scadenza" in done.output
    assert "4  e-mail di avviso" in done.output


def test_a_day_to_come_is_refused(services: Services) -> None:
    box(services, 31)

    done = portal(services, "tick", "--on", (TODAY + timedelta(days=1)).isoformat())

    assert done.exit_code == 2
    assert mails(services) == []


def test_for_a_day_that_is_over_nobody_is_told_of_days_left_that_are_gone(services: Services) -> None:
    box(services, -2)
    yesterday = (TODAY - timedelta(days=1)).isoformat()

    done = portal(services, "tick", "--on", yesterday)

    assert done.exit_code == 0
    assert "1  caselle da sospendere" in done.output
    assert mails(services) == []
    portal(services, "tick")
    assert {mail.kind for mail in mails(services)} == {"mailbox_suspended"}


def test_the_doctor_finds_a_job_that_fails_every_time(services: Services, clock: Clock) -> None:
    """The clock lives and does all the rest: by its heartbeat alone nobody would notice for weeks."""
    for hours in range(30):
        for job in ("suspend", "notices"):
            with services.transaction() as session:
                assert clock_slots.take(session, job, services.now(), now=services.now())
                if job == "suspend" or hours == 0:
                    clock_slots.finish(session, job, services.now(), now=services.now())
        clock.forward(hours=1)

    done = portal(services, "doctor")

    assert done.exit_code == 1
    assert "1  lavori dell'orologio che non arrivano mai alla fine" in done.output
    assert "fallisce ogni volta" in done.output


def test_the_hosts_time_zone_changes_nothing(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Auckland it is tomorrow already, in Honolulu it is late in the evening before."""
    box(services, 0)
    for zone in ("Pacific/Auckland", "Pacific/Honolulu"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert portal(services, "tick").exit_code == 0
    monkeypatch.delenv("TZ")
    time.tzset()

    assert {(mail.kind, mail.context["days_left"]) for mail in mails(services)} == {("expiry_notice", 0)}


def test_in_the_demo_days_go_by_one_after_the_other(
    services: Services, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = DemoClock(tmp_path, clock)
    demo = replace(services, clock=calendar)
    monkeypatch.setattr("portal.cli.clock.PATIENCE_SECONDS", 0)  # nobody works here
    box(services, 10)

    done = portal(demo, "tick", "--on", (TODAY + timedelta(days=11)).isoformat())

    assert done.exit_code == 0
    assert rome_day(calendar()) == TODAY + timedelta(days=11)
    assert [mail.context["days_left"] for mail in mails(services)][::2] == [10, 7, 3, 1, 0, -1]
    assert "4 dicembre 2026" in done.output
    assert portal(demo, "tick", "--on", TODAY.isoformat()).exit_code == 2


def test_the_doctor_finds_a_silent_clock_and_late_work(services: Services) -> None:
    with services.transaction() as session:
        enqueue(session, "platform.renew", "a", {}, now=services.now() - timedelta(hours=1))

    found = portal(services, "doctor")

    assert found.exit_code == 1
    assert "L'orologio tace" in found.output
    assert "3600  secondi di ritardo" in found.output


def test_the_doctor_is_content_with_a_healthy_portal(services: Services) -> None:
    Scheduler(services).once()

    assert portal(services, "doctor").exit_code == 0
