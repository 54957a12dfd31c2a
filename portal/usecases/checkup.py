"""Whether the installation does its daily work: numbers, and what of them a person has to look at.

Source: lessons.md 1 (12), 2 (L14), hardening.md 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.domain.dates import day_bounds, rome_day
from portal.store import vital_signs
from portal.store.mails import MailState
from portal.store.notices import NoticeState

STUCK = timedelta(hours=1)
"""A paid order or an unknown payment is an operator's after this long."""
CLOCK_SILENT = timedelta(hours=3)
"""The clock's hourly jobs were not done for this long."""
LATE_SECONDS = 900
NOTICES_LATE = timedelta(hours=26)
"""Notices become mails by day only, and some wait for tomorrow."""
JOB_UNDONE = timedelta(hours=26)
"""A job of the clock that is begun again and again and never ends; the rarest has a turn a day."""
HOURLY = "suspend"
"""The job by which a living clock is known."""


class Ailment(StrEnum):
    """What a person has to look at."""

    CLOCK_SILENT = "clock_silent"
    JOBS_UNDONE = "jobs_undone"
    NOTICES_NOT_WRITTEN = "notices_not_written"
    MAILS_NOT_SENT = "mails_not_sent"
    WORK_LATE = "work_late"
    DEAD_LETTERS = "dead_letters"
    RENEWALS_STUCK = "renewals_stuck"
    PAYMENTS_UNKNOWN = "payments_unknown"


@dataclass(frozen=True, slots=True)
class Checkup:
    """The numbers of today, and the ailments they show."""

    notices_due: int
    """Planned today, but for those that became needless."""
    notices_written: int
    notices_late_seconds: int
    mails_late_seconds: int
    """How long the oldest mail has waited, whatever it was put off for."""
    mails_sent: int
    mails_waiting: int
    mails_bounced: int
    outbox_late_seconds: int
    dead_letters: int
    renewals_stuck: int
    payments_unknown: int
    clock_silent_seconds: int | None
    """None when no job was ever done."""
    jobs_undone: int
    """Jobs of the clock that end in a failure every time."""

    @property
    def ailments(self) -> list[Ailment]:
        """Return what is wrong, the most far-reaching first."""
        silent = self.clock_silent_seconds
        found = {
            Ailment.CLOCK_SILENT: silent is None or silent > CLOCK_SILENT.total_seconds(),
            Ailment.JOBS_UNDONE: self.jobs_undone > 0,
            Ailment.NOTICES_NOT_WRITTEN: self.notices_late_seconds > NOTICES_LATE.total_seconds(),
            Ailment.MAILS_NOT_SENT: self.mails_late_seconds > LATE_SECONDS,
            Ailment.WORK_LATE: self.outbox_late_seconds > LATE_SECONDS,
            Ailment.DEAD_LETTERS: self.dead_letters > 0,
            Ailment.RENEWALS_STUCK: self.renewals_stuck > 0,
            Ailment.PAYMENTS_UNKNOWN: self.payments_unknown > 0,
        }
        return [ailment for ailment, is_there in found.items() if is_there]

    @property
    def numbers(self) -> Mapping[str, int]:
        """Return every number by its name; -1 for one that is not known."""
        silent = self.clock_silent_seconds
        return {
            "notices_due": self.notices_due,
            "notices_written": self.notices_written,
            "notices_late_seconds": self.notices_late_seconds,
            "mails_late_seconds": self.mails_late_seconds,
            "mails_sent": self.mails_sent,
            "mails_waiting": self.mails_waiting,
            "mails_bounced": self.mails_bounced,
            "outbox_late_seconds": self.outbox_late_seconds,
            "dead_letters": self.dead_letters,
            "renewals_stuck": self.renewals_stuck,
            "payments_unknown": self.payments_unknown,
            "clock_silent_seconds": -1 if silent is None else silent,
            "jobs_undone": self.jobs_undone,
        }


def check_up(session: Session, *, now: datetime) -> Checkup:
    """Ask the database for today's numbers."""
    begins, _ = day_bounds(rome_day(now))
    notices = vital_signs.notices_planned(session, begins)
    mails = vital_signs.mails_written(session, begins)
    last = vital_signs.last_turns(session).get(HOURLY)
    return Checkup(
        notices_due=notices.get(NoticeState.PLANNED, 0) + notices.get(NoticeState.WRITTEN, 0),
        notices_written=notices.get(NoticeState.WRITTEN, 0),
        notices_late_seconds=_age(vital_signs.oldest_planned_notice(session), now),
        mails_late_seconds=_age(vital_signs.oldest_unsent_mail(session), now),
        mails_sent=mails.get(MailState.SENT, 0),
        mails_waiting=mails.get(MailState.WAITING, 0) + mails.get(MailState.SENDING, 0),
        mails_bounced=mails.get(MailState.BOUNCED, 0),
        outbox_late_seconds=_age(vital_signs.oldest_due(session, now=now), now),
        dead_letters=vital_signs.count_failed(session),
        renewals_stuck=vital_signs.paid_before(session, now - STUCK),
        payments_unknown=vital_signs.unknown_before(session, now - STUCK),
        clock_silent_seconds=_age(last, now) if last else None,
        jobs_undone=len(vital_signs.jobs_undone(session, now - JOB_UNDONE)),
    )


def _age(since: datetime | None, now: datetime) -> int:
    return max(int((now - since).total_seconds()), 0) if since else 0
