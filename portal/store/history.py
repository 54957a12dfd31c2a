"""The history: who did what from where. Rows are only ever added; triggers refuse the rest (S53).

What is older than the operator keeps is forgotten by first writing down until when: the triggers let go of
nothing else, and the decision itself stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.domain.history import (
    ABOUT_LENGTH,
    ADDRESS_LENGTH,
    OPERATOR_LENGTH,
    USER_AGENT_LENGTH,
    Actor,
    Deed,
    one_line,
)
from portal.store.accounts import Account
from portal.store.base import AnyRow, Base, Id, enum_type
from portal.store.dialects import changed
from portal.store.mailboxes import Mailbox
from portal.store.origin import present_origin


class HistoryEvent(Base):
    """One thing that somebody did, or tried to."""

    __tablename__ = "history_event"
    __table_args__ = (
        CheckConstraint("account_id IS NULL OR mailbox_id IS NULL", name="one_owner"),
        Index("ix_history_event_account", "account_id", "id"),
        Index("ix_history_event_mailbox", "mailbox_id", "id"),
        Index("ix_history_event_happened_at", "happened_at"),
    )

    id: Mapped[Id]
    happened_at: Mapped[datetime]
    deed: Mapped[str] = mapped_column(String(40))
    """A `Deed`; not checked here, so that a new one needs no migration."""
    actor: Mapped[Actor] = mapped_column(enum_type(Actor))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """Whose history it is: an account's, a mailbox's own, or nobody's."""
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    about: Mapped[str] = mapped_column(String(ABOUT_LENGTH))
    """What it was done to, as people call it: an address, an order's number, a command."""
    operator: Mapped[str] = mapped_column(String(OPERATOR_LENGTH))
    address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    user_agent: Mapped[str] = mapped_column(String(USER_AGENT_LENGTH))
    request_id: Mapped[str] = mapped_column(String(32))


class HistoryRetention(Base):
    """A decision to forget what happened before a moment; only ever added, like the history."""

    __tablename__ = "history_retention"

    id: Mapped[Id]
    forgotten_before: Mapped[datetime]
    decided_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class HistoryQuestion:
    """What an operator looks for; empty fields do not matter."""

    subject: Subject | None = None
    deed: Deed | None = None
    about: str = ""
    address: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def add_event(session: Session, deed: Deed, subject: Subject | None, about: str, *, now: datetime) -> None:
    """Write down what is being done, from where the present work comes."""
    origin = present_origin()
    session.execute(
        insert(HistoryEvent).values(
            happened_at=now,
            deed=deed.value,
            actor=origin.actor,
            account_id=subject.account_id if subject else None,
            mailbox_id=subject.mailbox_id if subject else None,
            about=one_line(about, ABOUT_LENGTH),
            operator=one_line(origin.operator, OPERATOR_LENGTH),
            address=one_line(origin.address, ADDRESS_LENGTH),
            user_agent=one_line(origin.user_agent, USER_AGENT_LENGTH),
            request_id=origin.request_id,
        )
    )


def events_of(
    session: Session, subject: Subject, *, before: int | None, limit: int
) -> Sequence[HistoryEvent]:
    """Return a subject's own history, the newest first, from before that row on."""
    statement = select(HistoryEvent).where(_is_of(subject))
    if before is not None:
        statement = statement.where(HistoryEvent.id < before)
    return session.scalars(statement.order_by(HistoryEvent.id.desc()).limit(limit)).all()


def find_events(session: Session, asked: HistoryQuestion, *, limit: int) -> Sequence[AnyRow]:
    """Return what an operator looks for, the newest first, with the names of whose history it is."""
    return session.execute(
        select(HistoryEvent, Account.username, Mailbox.address)
        .outerjoin(Account, Account.id == HistoryEvent.account_id)
        .outerjoin(Mailbox, Mailbox.id == HistoryEvent.mailbox_id)
        .where(*_conditions(asked))
        .order_by(HistoryEvent.id.desc())
        .limit(limit)
    ).all()


def _conditions(asked: HistoryQuestion) -> Iterator[ColumnElement[bool]]:
    if asked.subject is not None:
        yield _is_of(asked.subject)
    for column, wanted in (
        (HistoryEvent.deed, asked.deed),
        (HistoryEvent.about, asked.about),
        (HistoryEvent.address, asked.address),
        (HistoryEvent.request_id, asked.request_id),
    ):
        if wanted:
            yield column == wanted
    if asked.since is not None:
        yield HistoryEvent.happened_at >= asked.since
    if asked.until is not None:
        yield HistoryEvent.happened_at < asked.until


def _is_of(subject: Subject) -> ColumnElement[bool]:
    if subject.account_id is not None:
        return HistoryEvent.account_id == subject.account_id
    return HistoryEvent.mailbox_id == subject.mailbox_id


def forget_events(session: Session, before: datetime, *, now: datetime, at_once: int) -> int:
    """Forget what happened before then, `at_once` rows at most, once that is written down."""
    old = select(HistoryEvent.id).where(HistoryEvent.happened_at < before).order_by(HistoryEvent.id)
    if session.scalar(old.limit(1)) is None:
        return 0
    decided = session.scalar(select(func.max(HistoryRetention.forgotten_before)))
    if decided is None or decided < before:
        session.execute(insert(HistoryRetention).values(forgotten_before=before, decided_at=now))
    return changed(session, delete(HistoryEvent).where(HistoryEvent.id.in_(old.limit(at_once))))
