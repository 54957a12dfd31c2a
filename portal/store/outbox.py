"""What must happen later, written in the same transaction as its reason. Source: hardening.md 3.2.

The table is the truth; the broker carries wake-ups only. `not_before` is a row's due time and its lease at
once: handing a row over, or claiming it, moves it forward, and whoever dies lets it come due again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Index,
    Select,
    SQLColumnExpression,
    String,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.store.base import Base, Id, Instant, enum_type
from portal.store.dialects import changed, insert_for, json_object
from portal.store.origin import present_origin


class OutboxState(StrEnum):
    """waiting -> queued -> claimed -> done, back to waiting for a retry, failed when given up."""

    WAITING = "waiting"
    QUEUED = "queued"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


UNFINISHED = text("state IN ('waiting', 'queued', 'claimed')")
"""Said in the same words by the index and by the query, or no database would use the index."""


class OutboxRow(Base):
    """One piece of work; its key says what must happen once."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "kind",
            "not_before",
            "id",
            sqlite_where=UNFINISHED,
            postgresql_where=UNFINISHED,
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(400), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[OutboxState] = mapped_column(enum_type(OutboxState), default=OutboxState.WAITING)
    not_before: Mapped[datetime]
    """Due from this moment; a hand-over, a claim or a retry moves it forward."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was claimed; the number tells one claim from the next."""
    last_error: Mapped[str] = mapped_column(Text, default="")
    request_id: Mapped[str] = mapped_column(String(32), default="")
    """Of the request in which the work began, through however many rows."""
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that one worker, and no other, works on until its lease ends."""

    id: int
    key: str
    payload: dict[str, Any]
    attempts: int
    request_id: str = ""


def enqueue(
    session: Session,
    kind: str,
    key: str,
    payload: dict[str, Any],
    *,
    now: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Write work down under its key; return False, changing nothing, when the key is already there."""
    row = {
        "kind": kind,
        "key": key,
        "payload": payload,
        "not_before": not_before or now,
        "request_id": present_origin().request_id,
        "created_at": now,
    }
    return (
        changed(
            session, insert_for(session, OutboxRow).values(row).on_conflict_do_nothing(index_elements=["key"])
        )
        == 1
    )


def enqueue_for_each(session: Session, kind: str, field: str, ids: Select[Any], *, now: datetime) -> int:
    """Write one row for each id that the query gives, in one statement; return how many were new.

    Kind `platform.renew` and id 7 make the key `platform.renew:7` and the payload `{field: 7}`.
    """
    wanted = ids.subquery()
    (number,) = wanted.columns
    key = literal(f"{kind}:", String) + cast(number, String)
    return enqueue_selected(session, kind, key, {field: number}, number.is_not(None), now=now)


def enqueue_selected(
    session: Session,
    kind: str,
    key: ColumnElement[str],
    payload: Mapping[str, SQLColumnExpression[Any]],
    which: ColumnElement[bool],
    *,
    now: datetime,
) -> int:
    """Write one row for each row of the table that the condition is about; return how many were new.

    Key and payload are SQL values of that table's columns: one statement, however many rows.
    """
    named = [part for name, value in payload.items() for part in (literal(name, String), value)]
    columns: dict[str, ColumnElement[Any]] = {
        "kind": literal(kind, String),
        "key": key,
        "payload": json_object(session, *named),
        "state": literal(OutboxState.WAITING.value, String),
        "not_before": literal(now, Instant),
        "attempts": literal(0),
        "last_error": literal("", String),
        "request_id": literal(present_origin().request_id, String),
        "created_at": literal(now, Instant),
    }
    insert = insert_for(session, OutboxRow).from_select(
        list(columns), select(*columns.values()).where(which), include_defaults=False
    )
    return changed(session, insert.on_conflict_do_nothing(index_elements=["key"]))


def due_kinds(session: Session, kinds: Collection[str], *, now: datetime) -> list[str]:
    """Return those of the kinds of which something is due: one statement, one look into the index a kind."""
    looks = [
        select(literal(kind, String)).where(
            exists().where(OutboxRow.kind == kind, UNFINISHED, OutboxRow.not_before <= now)
        )
        for kind in kinds
    ]
    return list(session.scalars(union_all(*looks)))


def hand_over(
    session: Session, kind: str, *, now: datetime, until: datetime, window: int, size: int
) -> list[list[int]]:
    """Mark what is due of a kind as handed over until then, and return it in batches of ids.

    At most `window` rows of the kind are handed over or claimed at any time, so that a broker never fills up
    behind slow workers. A row whose worker died is handed over alone: whatever killed it takes no other with
    it. Several relays at once give out different rows.
    """
    room = window - _in_flight(session, kind, now, until)
    due = session.execute(
        select(OutboxRow.id, OutboxRow.state)
        .where(UNFINISHED, OutboxRow.kind == kind, OutboxRow.not_before <= now)
        .order_by(OutboxRow.not_before, OutboxRow.id)
        .limit(max(room, 0))
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return []
    ids = [row.id for row in due]
    session.execute(_rows(ids).values(state=OutboxState.QUEUED, not_before=until))
    orphans = [row.id for row in due if row.state is OutboxState.CLAIMED]
    others = [row.id for row in due if row.state is not OutboxState.CLAIMED]
    return [others[start : start + size] for start in range(0, len(others), size)] + [
        [orphan] for orphan in orphans
    ]


def take_back(session: Session, ids: Collection[int], *, now: datetime) -> None:
    """Make rows due again that were handed over but never reached the broker."""
    session.execute(
        _rows(ids)
        .where(OutboxRow.state == OutboxState.QUEUED)
        .values(state=OutboxState.WAITING, not_before=now)
    )


def take_back_everything(session: Session, *, now: datetime) -> None:
    """Make every row due again that was handed over: for a broker that forgets when its process ends."""
    session.execute(
        update(OutboxRow)
        .where(UNFINISHED, OutboxRow.state == OutboxState.QUEUED)
        .values(state=OutboxState.WAITING, not_before=now)
    )


def claim(session: Session, ids: Collection[int], *, until: datetime) -> list[Claim]:
    """Take the rows that are still free, until then; the condition decides who of several gets a row."""
    free = (
        select(OutboxRow.id)
        .where(OutboxRow.id.in_(ids), OutboxRow.state == OutboxState.QUEUED)
        .order_by(OutboxRow.id)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(free), OutboxRow.state == OutboxState.QUEUED)
        .values(state=OutboxState.CLAIMED, attempts=OutboxRow.attempts + 1, not_before=until)
        .returning(OutboxRow.id, OutboxRow.key, OutboxRow.payload, OutboxRow.attempts, OutboxRow.request_id)
        .execution_options(synchronize_session=False)
    )
    return sorted((Claim(*row) for row in taken), key=lambda claim: claim.id)


def finish(session: Session, claim: Claim, *, now: datetime) -> None:
    """Record that the work is done, even if the lease ended meanwhile: what happened has happened."""
    session.execute(_FINISH, {"row_id": claim.id, "now": now})


def put_off(session: Session, claim: Claim, words: str, *, until: datetime) -> bool:
    """Record a failed attempt that shall be repeated then; return False if the claim was lost meanwhile."""
    return _settle(session, claim, state=OutboxState.WAITING, not_before=until, last_error=words)


def give_up(session: Session, claim: Claim, words: str, *, now: datetime) -> bool:
    """Record that no attempt will follow until an operator says so; False if the claim was lost."""
    return _settle(session, claim, state=OutboxState.FAILED, done_at=now, last_error=words)


def hand_back(session: Session, claims: Sequence[Claim], *, until: datetime, words: str = "") -> None:
    """Return rows on which nothing was attempted; the attempt that their claim counted is taken off."""
    values: dict[str, Any] = {"last_error": words} if words else {}
    session.execute(
        update(OutboxRow)
        .where(_held([*claims]))
        .values(state=OutboxState.WAITING, not_before=until, attempts=OutboxRow.attempts - 1, **values)
        .execution_options(synchronize_session=False)
    )


_FINISH = (
    update(OutboxRow)
    .where(OutboxRow.id == bindparam("row_id"))
    .values(state=OutboxState.DONE, done_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)
"""Built once, since it runs once for every row: half the time of a statement goes into building it."""


def _in_flight(session: Session, kind: str, now: datetime, until: datetime) -> int:
    """Return how many rows of the kind somebody holds; none holds one for longer than `until`."""
    held = (OutboxState.QUEUED, OutboxState.CLAIMED)
    count = session.scalar(
        select(func.count())
        .select_from(OutboxRow)
        .where(UNFINISHED, OutboxRow.kind == kind, OutboxRow.state.in_(held))
        .where(OutboxRow.not_before > now, OutboxRow.not_before <= until)
    )
    return count or 0


def _settle(session: Session, claim: Claim, **values: Any) -> bool:
    return changed(session, update(OutboxRow).where(_held([claim])).values(values)) == 1


def _held(claims: list[Claim]) -> ColumnElement[bool]:
    """Return the condition «still held by this claim and by no later one»."""
    held = tuple_(OutboxRow.id, OutboxRow.attempts).in_([(claim.id, claim.attempts) for claim in claims])
    return and_(OutboxRow.state == OutboxState.CLAIMED, held)


def _rows(ids: Collection[int]) -> Any:
    return update(OutboxRow).where(OutboxRow.id.in_(ids)).execution_options(synchronize_session=False)
