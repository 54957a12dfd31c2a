"""Planned notices by recipient, with all that their mails say, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from portal.domain.notices import NoticeKind
from portal.domain.orders import OrderState
from portal.store.accounts import Account, Holder
from portal.store.base import AnyRow, AnySelect
from portal.store.contracts import SOURCE_LANGUAGE
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.notice_planning import OF_AN_EXPIRY
from portal.store.notices import Notice, NoticeState
from portal.store.orders import Order, OrderLine
from portal.store.renewability import MEMBERSHIP, day_values

_PLANNED = Notice.state == literal_column("'planned'")
"""Said as the index says it, with the value in it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much one recipient is to be told about the mailboxes of one account, or of none."""

    recipient: str
    account_id: int | None
    count: int
    newest_id: int


def _later_one(later: type[Notice]) -> Select[int]:
    """Select what tells the same recipient of the same expiry at a later milestone."""
    return select(later.id).where(
        later.mailbox_id == Notice.mailbox_id,
        later.occasion == Notice.occasion,
        later.recipient == Notice.recipient,
        later.milestone > Notice.milestone,
        later.kind.in_(OF_AN_EXPIRY),
    )


def skip_untrue(session: Session, *, today: date) -> None:
    """Skip what has become untrue since it was planned: renewed, gone, or overtaken by a later milestone."""
    overtaken = _later_one(aliased(Notice)).exists()
    changed_since = (
        select(Mailbox.id)
        .where(
            Mailbox.id == Notice.mailbox_id,
            or_(
                Mailbox.expires_on != Notice.occasion,
                and_(Notice.kind != NoticeKind.MAILBOX_CANCELLED, Mailbox.cancelled_on <= today),
            ),
        )
        .exists()
    )
    session.execute(
        update(Notice)
        .where(_PLANNED, Notice.kind.in_(OF_AN_EXPIRY), or_(overtaken, changed_since))
        .values(state=NoticeState.SKIPPED)
        .execution_options(synchronize_session=False)
    )


def skip_settled(session: Session) -> None:
    """Skip what is no longer to be said about credit: it is paid further, gone, or was told later."""
    later = aliased(Notice)
    overtaken = select(later.id).where(
        later.mailbox_id == Notice.mailbox_id,
        later.kind == NoticeKind.CREDIT_NEEDED,
        later.occasion == Notice.occasion,
        later.recipient == Notice.recipient,
        later.milestone > Notice.milestone,
    )
    still_due = select(Mailbox.id).where(
        Mailbox.id == Notice.mailbox_id, Mailbox.extra_paid_until == Notice.occasion
    )
    session.execute(
        update(Notice)
        .where(
            _PLANNED,
            Notice.kind == NoticeKind.CREDIT_NEEDED,
            or_(overtaken.exists(), ~still_due.exists()),
        )
        .values(state=NoticeState.SKIPPED)
        .execution_options(synchronize_session=False)
    )


def skip_needless(session: Session, mail_ids: Collection[int]) -> None:
    """Skip mails about one expiry that was renewed, or told of later, while they waited for the mail server.

    After an outage of days the latest alone is worth reading; a digest is sent as it was written.
    """
    later = aliased(Notice)
    overtaken = _later_one(later).where(later.mail_id.is_not(None)).exists()
    needless = (
        select(Notice.id)
        .join(Mailbox, Mailbox.id == Notice.mailbox_id)
        .where(Notice.mail_id == Mail.id, or_(Mailbox.expires_on > Notice.occasion, overtaken))
        .exists()
    )
    session.execute(
        update(Mail)
        .where(Mail.id.in_(mail_ids), Mail.kind.in_(OF_AN_EXPIRY), Mail.state == MailState.WAITING, needless)
        .values(state=MailState.SKIPPED)
        .execution_options(synchronize_session=False)
    )


def waiting_recipients(session: Session, after: str, limit: int) -> list[Waiting]:
    """Return the next recipients in alphabetical order, each with all its accounts if they fit the limit."""
    rows = session.execute(
        select(Notice.recipient, Notice.account_id, func.count(), func.max(Notice.id))
        .where(_PLANNED, Notice.recipient > after)
        .group_by(Notice.recipient, Notice.account_id)
        .order_by(Notice.recipient, Notice.account_id)
        .limit(limit)
    ).all()
    found = [Waiting(*row) for row in rows]
    if len(found) < limit:
        return found
    whole = [waiting for waiting in found if waiting.recipient != found[-1].recipient]
    return whole or found


def mails_since(session: Session, recipients: Collection[str], since: datetime) -> dict[str, int]:
    """Return how many mails of notices were written to each recipient since then."""
    rows = session.execute(
        select(Notice.recipient, func.count(Notice.mail_id.distinct()).label("mails"))
        .where(Notice.recipient.in_(recipients), Notice.written_at >= since)
        .group_by(Notice.recipient)
    )
    return {row.recipient: row.mails for row in rows}


def single_notices(session: Session, told: Collection[Waiting], today: date) -> Sequence[AnyRow]:
    """Return the planned notices of these recipients with the facts of their mailboxes today."""
    whose = [(waiting.recipient, waiting.account_id or 0) for waiting in told]
    owner = tuple_(Notice.recipient, func.coalesce(Notice.account_id, 0))
    names = [waiting.recipient for waiting in told]
    return session.execute(
        _facts(today).where(_PLANNED, Notice.recipient.in_(names), owner.in_(whose)).order_by(Notice.id)
    ).all()


def digest_notices(session: Session, told: Waiting, limit: int, today: date) -> Sequence[AnyRow]:
    """Return the first of the recipient's planned notices, the most urgent first."""
    return session.execute(
        _facts(today).where(_of(told)).order_by(*_URGENCY, Mailbox.address).limit(limit)
    ).all()


def digest_groups(session: Session, told: Waiting) -> Sequence[AnyRow]:
    """Return how many notices there are of each kind, milestone and occasion, the most urgent first."""
    return session.execute(
        select(Notice.kind, Notice.milestone, Notice.occasion, func.count().label("count"))
        .where(_of(told))
        .group_by(Notice.kind, Notice.milestone, Notice.occasion)
        .order_by(*_URGENCY)
    ).all()


def mark_all_written(session: Session, told: Waiting, mail_id: int, *, now: datetime) -> None:
    """Record that the recipient's notices stand in one mail."""
    session.execute(
        update(Notice)
        .where(_of(told))
        .values(state=NoticeState.WRITTEN, mail_id=mail_id, written_at=now)
        .execution_options(synchronize_session=False)
    )


def mark_written(session: Session, mails: Sequence[tuple[int, int]], *, now: datetime) -> None:
    """Record in which mail each notice stands: pairs of notice and mail."""
    if mails:
        session.execute(
            update(Notice),
            [
                {"id": notice_id, "mail_id": mail_id, "state": NoticeState.WRITTEN, "written_at": now}
                for notice_id, mail_id in mails
            ],
        )


_URGENCY = (
    case((Notice.kind.in_((NoticeKind.QUOTA_WARNING, NoticeKind.CREDIT_NEEDED)), 1), else_=0),
    Notice.milestone.desc(),
    Notice.occasion,
)
"""Expiries before space, and of each the farthest gone first."""


def _of(told: Waiting) -> ColumnElement[bool]:
    return and_(
        _PLANNED,
        Notice.recipient == told.recipient,
        Notice.account_id.is_not_distinct_from(told.account_id),
        Notice.id <= told.newest_id,
    )


def _facts(today: date) -> AnySelect:
    unpaid = and_(Order.id == OrderLine.order_id, Order.state == OrderState.AWAITING_PAYMENT)
    return (
        select(
            Notice.id,
            Notice.kind,
            Notice.milestone,
            Notice.occasion,
            Notice.missing_cents,
            Notice.recipient,
            Notice.account_id,
            Mailbox.id.label("mailbox_id"),
            Mailbox.address,
            Mailbox.plan,
            Mailbox.extra_mailbox_gb,
            Mailbox.mailbox_used_mb,
            Holder.kind.label("holder_kind"),
            Holder.first_name,
            Holder.last_name,
            Holder.business_name,
            func.coalesce(Account.language, Mailbox.language, SOURCE_LANGUAGE).label("language"),
            *MEMBERSHIP,
            Order.number.label("order_number"),
        )
        .join(Mailbox, Mailbox.id == Notice.mailbox_id)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .outerjoin(Account, Account.id == Notice.account_id)
        .outerjoin(OrderLine, and_(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open))
        .outerjoin(Order, unpaid)
        .params(day_values(today))
    )
