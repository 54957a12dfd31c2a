"""Extra space that credit shall renew: which mailboxes' it is, what their wallets hold, who is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.domain.conventions import Payer
from portal.domain.extra_renewal import CREDIT_TOLD
from portal.domain.notices import NoticeKind
from portal.domain.plans import SOLD_PLANS
from portal.store.accounts import Account, Holder
from portal.store.base import AnyRow
from portal.store.billing import BillingProfile
from portal.store.conventions import ConventionRow, agreed_on
from portal.store.dialects import changed, insert_for
from portal.store.ledger import CreditLot, Wallet
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.notices import Notice, NoticeState
from portal.store.scheduled_changes import ChangeState, ScheduledChange
from portal.store.space_ends import DuePlace

SIZE = 2_000
"""Mailboxes in one piece."""


def renewed_from_credit(session: Session, today: date, after: DuePlace | None) -> Sequence[AnyRow]:
    """Return a piece of the mailboxes whose extra space credit renews within the days that are told.

    Of terms that are over those alone that nobody was told of: all others are being decided.
    """
    place = tuple_(Mailbox.extra_paid_until, Mailbox.id)
    last = today + timedelta(days=max(CREDIT_TOLD))
    told = select(Notice.id).where(
        Notice.mailbox_id == Mailbox.id,
        Notice.kind == NoticeKind.CREDIT_NEEDED,
        Notice.occasion == Mailbox.extra_paid_until,
    )
    is_ahead = Mailbox.extra_paid_until >= today
    query = _candidates(today).where(Mailbox.extra_paid_until <= last, or_(is_ahead, ~told.exists()))
    if after is not None:
        query = query.where(place > tuple_(after.paid_until, after.mailbox_id))
    return session.execute(query.order_by(Mailbox.extra_paid_until, Mailbox.id).limit(SIZE)).all()


def of_mailbox(session: Session, mailbox_id: int, today: date) -> AnyRow | None:
    """Return the same for one mailbox, whenever it is due; None where credit does not renew its space."""
    return session.execute(_candidates(today).where(Mailbox.id == mailbox_id)).one_or_none()


def was_told(session: Session, mailbox_id: int, paid_until: date, before: datetime) -> bool:
    """Say whether a mail about the missing credit left, or was refused for good, by that moment."""
    left = Mail.state.in_((MailState.SENT, MailState.BOUNCED, MailState.FAILED))
    found = (
        select(Notice.id)
        .join(Mail, Mail.id == Notice.mail_id)
        .where(
            Notice.mailbox_id == mailbox_id,
            Notice.kind == NoticeKind.CREDIT_NEEDED,
            Notice.occasion == paid_until,
            left,
            func.coalesce(Mail.sent_at, Notice.written_at) <= before,
        )
    )
    return session.scalar(found.limit(1)) is not None


def usable_in(
    session: Session, accounts: Collection[int], mailboxes: Collection[int], today: date
) -> Mapping[tuple[int | None, int | None], int]:
    """Return what the wallets of these accounts and mailboxes can spend today, by their two columns."""
    rows = session.execute(
        select(Wallet.account_id, Wallet.mailbox_id, func.sum(CreditLot.left_cents).label("cents"))
        .join(CreditLot, CreditLot.wallet_id == Wallet.id)
        .where(_of(Wallet, accounts, mailboxes))
        .where(or_(CreditLot.expires_on.is_(None), CreditLot.expires_on >= today))
        .group_by(Wallet.account_id, Wallet.mailbox_id)
    )
    return {(row.account_id, row.mailbox_id): int(row.cents) for row in rows}


def paying_net(
    session: Session, accounts: Collection[int], mailboxes: Collection[int]
) -> set[tuple[int | None, int | None]]:
    """Return which of them pay the net alone. Source: domain.md 8.3."""
    rows = session.execute(
        select(BillingProfile.account_id, BillingProfile.mailbox_id)
        .where(_of(BillingProfile, accounts, mailboxes))
        .where(BillingProfile.split_payment)
    )
    return {(row.account_id, row.mailbox_id) for row in rows}


def plan_notices(session: Session, needed: Sequence[tuple[AnyRow, int, int]], *, now: datetime) -> int:
    """Write a notice for each mailbox, milestone and missing amount, to whom the wallet belongs; once."""
    values = [
        {
            "mailbox_id": row.id,
            "account_id": row.account_id,
            "kind": NoticeKind.CREDIT_NEEDED,
            "occasion": row.extra_paid_until,
            "milestone": milestone,
            "missing_cents": missing,
            "recipient": row.owner_email,
            "state": NoticeState.PLANNED,
            "planned_at": now,
        }
        for row, milestone, missing in needed
        if row.owner_email
    ]
    if not values:
        return 0
    return sum(
        changed(session, insert_for(session, Notice).values(piece).on_conflict_do_nothing())
        for piece in (values[start : start + 200] for start in range(0, len(values), 200))
    )


def _candidates(today: date) -> Any:
    """Return the mailboxes whose extra space falls behind: their expiry has moved, or a body moves it."""
    day: ColumnElement[date] = literal(today, Date)
    waiting = select(ScheduledChange.id).where(
        ScheduledChange.mailbox_id == Mailbox.id, ScheduledChange.state == ChangeState.WAITING
    )
    return (
        select(
            Mailbox.id,
            Mailbox.account_id,
            Mailbox.extra_paid_until,
            Mailbox.expires_on,
            Mailbox.extra_mailbox_gb,
            Mailbox.extra_archive_gb,
            agreed_on(ConventionRow.term_years, day).label("term_years"),
            func.lower(func.coalesce(Account.email, Holder.contact_email)).label("owner_email"),
        )
        .join(Holder, Holder.id == Mailbox.holder_id)
        .outerjoin(Account, Account.id == Mailbox.account_id)
        .where(
            Mailbox.extra_paid_until.is_not(None),
            Mailbox.plan.in_(SOLD_PLANS),
            or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on > today),
            ~waiting.exists(),
            or_(
                Mailbox.extra_paid_until < Mailbox.expires_on,
                and_(Mailbox.expires_on >= today, agreed_on(ConventionRow.payer, day) == Payer.BODY),
            ),
        )
    )


def _of(table: Any, accounts: Collection[int], mailboxes: Collection[int]) -> ColumnElement[bool]:
    return or_(table.account_id.in_(accounts), table.mailbox_id.in_(mailboxes))
