"""The clock: does what each day brings. A second one beside it is harmless.

Jobs ask for all that is due by today and not done yet, so a day that was missed is caught up and a job that
runs twice changes nothing. A turn is a row with a primary key: of several clocks one takes it; the turn of a
clock that died over it is taken again after a while.
Source: hardening.md 3.2 (7), R20, lessons.md 1 (11, 12, 16).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Event
from typing import Any, TypeAlias

from cronsim import CronSim
from holidays import country_holidays
from sqlalchemy.exc import InterfaceError, OperationalError

from portal.domain.dates import ROME
from portal.domain.payments import BankCalendar
from portal.store import clock_slots
from portal.usecases import (
    auto_renewal_announcing,
    auto_renewal_charges,
    auto_renewal_orders,
    credit_expiry,
    credit_needs,
    documents,
    extra_renewals,
    housekeeping,
    lifecycle,
    method_expiry,
    notice_mails,
    notice_planning,
    payment_reminders,
    usage,
)
from portal.wiring import Services
from workers.waiting import Pauses, repeat

POLL_SECONDS = 20
LONGEST_PAUSE_SECONDS = 60
AWAY = (OperationalError, InterfaceError)
"""The database does not answer: it will again."""

log = logging.getLogger(__name__)
Cursor: TypeAlias = Any
"""Where a job goes on in its next transaction; None at its beginning and at its end."""
Piece: TypeAlias = Callable[..., tuple[int, Cursor]]
"""Does one transaction's worth: `(session, cursor, *, today, now)`; returns how much, and where to go on."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing the clock does, and when: a cron expression in Rome's time."""

    name: str
    cron: str
    piece: Piece
    settings: tuple[str, ...] = ()
    """The operator's settings that the piece takes as arguments of the same name."""


CLOSED_DAYS = country_holidays("IT")
"""When no bank works, besides Saturdays and Sundays. Source: domain.md 7.1."""

KEPT = ("history_days", "sessions_days", "work_days")
"""The settings that say how long what is thrown away at night was kept."""

JOBS: Sequence[Job] = (
    Job("suspend", "10 * * * *", lifecycle.plan_suspensions),
    Job("cancel", "15 * * * *", lifecycle.plan_cancellations),
    Job("expire", "18 * * * *", lifecycle.expire_orders),
    Job("announce", "19 7-20 * * *", auto_renewal_announcing.announce),
    Job(
        "order",
        "22 * * * *",
        partial(auto_renewal_orders.place_due, calendar=BankCalendar(CLOSED_DAYS)),
    ),
    Job("charge", "24 7-20 * * *", auto_renewal_charges.plan_charges),
    Job("methods", "28 7 * * *", method_expiry.tell_expiring),
    Job("usage", "5 * * * *", usage.plan_readings, settings=("reads_usage",)),
    Job("notices", "20 7-20 * * *", notice_planning.plan_notices),
    Job("space", "26 * * * *", extra_renewals.renew_due, settings=("extra_space_policy",)),
    Job("credit", "21 7-20 * * *", credit_needs.plan_needed, settings=("extra_space_policy",)),
    Job("quota", "25 7 * * *", notice_planning.plan_quota_warnings),
    Job("mails", "30 7-20 * * *", notice_mails.write_notices),
    Job(
        "reminders",
        "35 7 * * *",
        partial(payment_reminders.write_reminders, calendar=BankCalendar(CLOSED_DAYS)),
    ),
    Job("documents", "50 * * * *", documents.expire, settings=("document_days",)),
    Job("purge", "40 3 * * *", housekeeping.purge, settings=KEPT),
    Job("lapse", "22 * * * *", credit_expiry.lapse_leftovers),
)
"""In the order of one day's work; hourly, so that what a clock left undone is caught up soon.

Mails are written by day: nobody likes to hear of an expiry at three in the morning.
"""


class Clock:
    """The loop that gives each job its turns."""

    def __init__(self, services: Services, jobs: Sequence[Job] = JOBS) -> None:
        self._services = services
        self._jobs = jobs

    def once(self) -> dict[str, int]:
        """Do the jobs whose turn nobody has taken yet; return what each did. Raises what is in AWAY."""
        turns = {job: latest_turn(job.cron, self._services.now()) for job in self._jobs}
        with self._services.reading() as session:
            finished = clock_slots.finished(session, turns.values())
        done = {}
        for job, slot in turns.items():
            if (job.name, slot) not in finished and self._take(job, slot):
                done[job.name] = self._do(job, slot)
        return done

    def run(self, stopping: Event) -> None:
        """Go on until told to stop, whatever happens to the database."""
        repeat("clock", self.once, Pauses(POLL_SECONDS, LONGEST_PAUSE_SECONDS), AWAY, stopping)

    def _take(self, job: Job, slot: datetime) -> bool:
        with self._services.transaction() as session:
            return clock_slots.take(session, job.name, slot, now=self._services.now())

    def _do(self, job: Job, slot: datetime) -> int:
        try:
            count = do_job(self._services, job, self._services.today())
        except AWAY:
            with self._services.transaction() as session:
                clock_slots.release(session, job.name, slot)
            raise
        with self._services.transaction() as session:
            clock_slots.finish(session, job.name, slot, now=self._services.now())
        log.info("clock: %s: %d", job.name, count)
        return count


def do_day(services: Services, today: date, jobs: Sequence[Job] = JOBS) -> dict[str, int]:
    """Do everything that is due by that day, whoever's turn it is; return what each job did."""
    return {job.name: do_job(services, job, today) for job in jobs}


def do_job(services: Services, job: Job, today: date) -> int:
    """Do a job to its end, one transaction after the other; return how much it did."""
    count, cursor = _one_piece(services, job, None, today)
    while cursor is not None:
        more, cursor = _one_piece(services, job, cursor, today)
        count += more
    return count


def latest_turn(cron: str, now: datetime) -> datetime:
    """Return the last moment, at or before now, at which the expression gave a turn in Rome's time."""
    just_after = now.astimezone(UTC) + timedelta(seconds=1)
    return next(CronSim(cron, just_after.astimezone(ROME), reverse=True)).astimezone(UTC)


def _one_piece(services: Services, job: Job, cursor: Cursor, today: date) -> tuple[int, Cursor]:
    settings = {name: getattr(services.settings, name) for name in job.settings}
    with services.transaction() as session:
        return job.piece(session, cursor, today=today, now=services.now(), **settings)
