"""The numbers by which an operator sees whether the installation does its work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from portal.domain.orders import OrderState
from portal.domain.payments import PaymentState
from portal.store.attempts import PaymentAttempt
from portal.store.clock_slots import ClockSlot
from portal.store.mails import Mail, MailState
from portal.store.notices import Notice, NoticeState
from portal.store.orders import Order
from portal.store.outbox import UNFINISHED, OutboxRow, OutboxState


def notices_planned(session: Session, since: datetime) -> dict[NoticeState, int]:
    """Return how many notices were planned since then, by what has become of them."""
    rows = session.execute(
        select(Notice.state, func.count().label("total"))
        .where(Notice.planned_at >= since)
        .group_by(Notice.state)
    )
    return {row.state: row.total for row in rows}


def mails_written(session: Session, since: datetime) -> dict[MailState, int]:
    """Return how many mails were written since then, by what has become of them."""
    rows = session.execute(
        select(Mail.state, func.count().label("total")).where(Mail.created_at >= since).group_by(Mail.state)
    )
    return {row.state: row.total for row in rows}


def oldest_planned_notice(session: Session) -> datetime | None:
    """Return since when a notice has waited for its mail."""
    planned = Notice.state == literal_column("'planned'")
    return session.scalar(select(func.min(Notice.planned_at)).where(planned))


def oldest_unsent_mail(session: Session) -> datetime | None:
    """Return since when a mail has waited, whatever it was put off for."""
    unsent = (UNFINISHED, OutboxRow.kind == "mail.send")
    return session.scalar(select(func.min(OutboxRow.created_at)).where(*unsent))


def oldest_due(session: Session, *, now: datetime) -> datetime | None:
    """Return since when the work that waits longest has been due."""
    return session.scalar(
        select(func.min(OutboxRow.not_before)).where(UNFINISHED, OutboxRow.not_before <= now)
    )


def count_failed(session: Session) -> int:
    """Return how many rows were given up and wait for an operator."""
    return (
        session.scalar(
            select(func.count()).select_from(OutboxRow).where(OutboxRow.state == OutboxState.FAILED)
        )
        or 0
    )


def paid_before(session: Session, moment: datetime) -> int:
    """Return how many orders were paid before then and are not fulfilled."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Order)
            .where(Order.state == OrderState.PAID, Order.paid_at < moment)
        )
        or 0
    )


def unknown_before(session: Session, moment: datetime) -> int:
    """Return how many tries to pay, begun before then, nobody knows the end of."""
    return (
        session.scalar(
            select(func.count())
            .select_from(PaymentAttempt)
            .where(PaymentAttempt.state == PaymentState.UNKNOWN, PaymentAttempt.opened_at < moment)
        )
        or 0
    )


def last_turns(session: Session) -> dict[str, datetime]:
    """Return when each job of the clock was last done to its end."""
    rows = session.execute(
        select(ClockSlot.job, func.max(ClockSlot.finished_at).label("at"))
        .where(ClockSlot.finished_at.is_not(None))
        .group_by(ClockSlot.job)
    )
    return {row.job: row.at for row in rows}


def jobs_undone(session: Session, since: datetime) -> list[str]:
    """Return the jobs of the clock that were begun since then and not once done to their end."""
    done = func.coalesce(func.max(ClockSlot.finished_at), func.min(ClockSlot.taken_at))
    return list(
        session.scalars(
            select(ClockSlot.job)
            .group_by(ClockSlot.job)
            .having(func.max(ClockSlot.taken_at) >= since, done < since)
            .order_by(ClockSlot.job)
        )
    )
