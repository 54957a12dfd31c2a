"""Mails about a smaller plan or less space: a week before, when it holds, and when it could not be done.

At the order the confirmation tells which archives will go. Source: domain.md 3.4, 12 `downgrade_notice`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.changes import Package, first_day_of_term
from portal.domain.dates import rome_day
from portal.domain.plans import PLANS
from portal.store import order_facts
from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.usecases.line_tasks import current_package, ordered_package
from portal.usecases.mail_rows import Context, MailOwner, MailSubject, write_mail

KIND = "downgrade_notice"
LISTED_MAILBOXES = 100
"""How many mailboxes one mail names; the others are on the order's page."""


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


@dataclass(frozen=True, slots=True)
class LossAhead:
    """A mailbox that becomes smaller, and what it becomes."""

    line: OrderLine
    mailbox: Mailbox
    package: Package


@dataclass(frozen=True, slots=True)
class ChangeDone:
    """A mailbox that is smaller now, how much of its archive went, and whether it holds more than fits."""

    line: OrderLine
    mailbox: Mailbox
    deleted_mb: int
    over_quota: bool


def changes_ahead(
    session: Session, order: Order, day: date, losing: Sequence[LossAhead], *, now: datetime
) -> None:
    """Say what one mailbox will lose and when, or in one mail what many will, and how to save it."""
    facts = [_ahead(loss) for loss in losing]
    if len(losing) == 1:
        (loss,) = losing
        _write(session, loss.line, loss.mailbox, "ahead", facts[0] | {"day": day.isoformat()}, now)
        return
    _write_many(session, order, day, "many_ahead", f"ahead:{day}", facts, now)


def _ahead(loss: LossAhead) -> Context:
    deleted_mb = 0 if PLANS[loss.package.plan].has_archive else loss.mailbox.archive_used_mb
    told = {"address": loss.mailbox.address, "deleted_mb": deleted_mb}
    return _packages(current_package(loss.mailbox), loss.package) | told


def changes_done(
    session: Session, order: Order, day: date, done: Sequence[ChangeDone], *, told_before: int, now: datetime
) -> None:
    """Say what one mailbox is now, or in one mail what many are, and what to do where more is held than fits.

    `told_before` counts the order's mailboxes of that day that an earlier mail has told of.
    """
    facts = [_now_is(each) for each in done]
    if len(done) == 1:
        (only,) = done
        context = facts[0] | {"day": rome_day(now).isoformat()}
        _write(session, only.line, only.mailbox, "done", context, now)
        return
    _write_many(session, order, day, "many_done", f"done:{day}:{told_before}", facts, now)


def _now_is(done: ChangeDone) -> Context:
    return {
        "address": done.mailbox.address,
        "after": asdict(current_package(done.mailbox)),
        "deleted_mb": done.deleted_mb,
        "over_quota": done.over_quota,
    }


def change_refused(session: Session, line: OrderLine, mailbox: Mailbox, *, now: datetime) -> None:
    """Say that nothing was deleted and that the mailbox stays as it is."""
    context = _packages(current_package(mailbox), ordered_package(line))
    context |= {"day": rome_day(now).isoformat(), "deleted_mb": mailbox.archive_used_mb}
    _write(session, line, mailbox, "refused", context, now)


def _packages(before: Package, after: Package) -> Context:
    return {"before": asdict(before), "after": asdict(after)}


def _write_many(
    session: Session,
    order: Order,
    day: date,
    stage: str,
    milestone: str,
    facts: Sequence[Context],
    now: datetime,
) -> None:
    """Write one mail about many mailboxes of an order."""
    holder = order_facts.sole_holder(session, order.id)
    account = session.get(Account, order.account_id) if order.account_id else None
    context: Context = {
        "stage": stage,
        "number": order.number,
        "day": day.isoformat(),
        "name": holder.display_name if holder else "",
        "count": len(facts),
        "mailboxes": list(facts[:LISTED_MAILBOXES]),
        "deleted_mb": sum(fact["deleted_mb"] for fact in facts),
        "over_quota": sum(fact.get("over_quota", False) for fact in facts),
    }
    write_mail(
        session,
        MailSubject(KIND, order.number, milestone),
        _each_once(account.email if account else "", holder.contact_email if holder else ""),
        context,
        MailOwner(order.account_id, None, order.id),
        now=now,
    )


def _write(
    session: Session, line: OrderLine, mailbox: Mailbox, stage: str, context: Context, now: datetime
) -> None:
    order = session.get_one(Order, line.order_id)
    holder = session.get_one(Holder, mailbox.holder_id)
    account = session.get(Account, order.account_id) if order.account_id else None
    write_mail(
        session,
        MailSubject(KIND, order.number, f"{stage}:{line.id}"),
        _each_once(account.email if account else "", holder.contact_email),
        context
        | {"stage": stage, "number": order.number, "address": mailbox.address, "name": holder.display_name},
        MailOwner(order.account_id, mailbox.id, order.id),
        now=now,
    )


def _each_once(*known: str) -> Collection[str]:
    return {address.lower(): address for address in known if address}.values()
