"""Mails about a smaller plan or less space: a week before, when it holds, and when it could not be done.

At the order the confirmation tells which archives will go. Source: domain.md 3.4, 12 `downgrade_notice`.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.changes import Package, PackageFrom, first_day_of_term
from portal.domain.dates import rome_day
from portal.domain.plans import PLANS
from portal.store import order_facts
from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.usecases.line_tasks import current_package, ordered_package
from portal.usecases.mail_rows import Context, MailOwner, MailSubject, write_mail

KIND = "downgrade_notice"


def deletions_ordered(session: Session, order: Order, *, limit: int) -> list[Context]:
    """Return the archives that an order deletes: whose, how big, and when (None: at the payment)."""
    placed_on = rome_day(order.placed_at)
    return [
        {
            "address": line.address,
            "deleted_mb": used_mb,
            "day": None
            if line.expires_before < placed_on
            else first_day_of_term(line.expires_before).isoformat(),
        }
        for line, used_mb in order_facts.accepted_deletions(session, order.id, limit=limit)
        if not PLANS[line.plan].has_archive
    ]


def change_ahead(
    session: Session, line: OrderLine, mailbox: Mailbox, ahead: PackageFrom, *, now: datetime
) -> None:
    """Say what the mailbox will lose and when, and how to save it."""
    deleted_mb = 0 if PLANS[ahead.package.plan].has_archive else mailbox.archive_used_mb
    context = {"day": ahead.day.isoformat(), "deleted_mb": deleted_mb}
    _write(session, line, mailbox, "ahead", _packages(current_package(mailbox), ahead.package) | context, now)


def change_done(
    session: Session,
    line: OrderLine,
    mailbox: Mailbox,
    *,
    before: Package,
    deleted_mb: int,
    over_quota: bool,
    now: datetime,
) -> None:
    """Say what the mailbox is now, and what to do where it holds more than fits."""
    context = _packages(before, current_package(mailbox))
    context |= {"day": rome_day(now).isoformat(), "deleted_mb": deleted_mb, "over_quota": over_quota}
    _write(session, line, mailbox, "done", context, now)


def change_refused(session: Session, line: OrderLine, mailbox: Mailbox, *, now: datetime) -> None:
    """Say that nothing was deleted and that the mailbox stays as it is."""
    context = _packages(current_package(mailbox), ordered_package(line))
    context |= {"day": rome_day(now).isoformat(), "deleted_mb": mailbox.archive_used_mb}
    _write(session, line, mailbox, "refused", context, now)


def _packages(before: Package, after: Package) -> Context:
    return {"before": asdict(before), "after": asdict(after)}


def _write(
    session: Session, line: OrderLine, mailbox: Mailbox, stage: str, context: Context, now: datetime
) -> None:
    order = session.get_one(Order, line.order_id)
    holder = session.get_one(Holder, mailbox.holder_id)
    account = session.get(Account, order.account_id) if order.account_id else None
    known = [account.email if account else "", holder.contact_email]
    write_mail(
        session,
        MailSubject(KIND, order.number, f"{stage}:{line.id}"),
        {address.lower(): address for address in known if address}.values(),
        context
        | {"stage": stage, "number": order.number, "address": mailbox.address, "name": holder.display_name},
        MailOwner(order.account_id, mailbox.id, order.id),
        now=now,
    )
