"""Mails about space that is there, or no more. Source: domain.md 12 `extra_space_*`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.space_ends import SpaceEnd
from portal.store.space_purchases import SpacePurchase
from portal.usecases.mail_rows import MailOwner, MailSubject, write_mail


def space_activated(
    session: Session, order: Order, purchase: SpacePurchase, mailbox: Mailbox, *, now: datetime
) -> None:
    """Say how much is there, until when, and what it costs at the renewal: to the holder and the account."""
    holder = session.get_one(Holder, mailbox.holder_id)
    write_mail(
        session,
        MailSubject("extra_space_activated", order.number, "done"),
        _recipients(session, holder, order.account_id),
        {
            "name": holder.display_name,
            "number": order.number,
            "address": purchase.address,
            "mailbox_gb": purchase.mailbox_gb,
            "archive_gb": purchase.archive_gb,
            "due_cents": order.due_cents,
            "expires_on": purchase.expires_on.isoformat(),
            "renewal_net_cents": purchase.renewal_net_cents,
            "renewed": purchase.renews_from is not None,
        },
        MailOwner(order.account_id, order.mailbox_id, order.id),
        now=now,
    )


def space_removed(
    session: Session, end: SpaceEnd, mailbox: Mailbox, *, over_quota: bool, now: datetime
) -> None:
    """Say what is gone and why, and whether the mailbox is over its quota: to the holder and the account."""
    holder = session.get_one(Holder, mailbox.holder_id)
    write_mail(
        session,
        MailSubject("extra_space_removed", mailbox.address, end.paid_until.isoformat()),
        _recipients(session, holder, mailbox.account_id),
        {
            "name": holder.display_name,
            "address": mailbox.address,
            "mailbox_gb": end.mailbox_gb,
            "archive_gb": end.archive_gb,
            "due_cents": end.due_cents,
            "paid_until": end.paid_until.isoformat(),
            "over_quota": over_quota,
        },
        MailOwner(mailbox.account_id, mailbox.id),
        now=now,
    )


def _recipients(session: Session, holder: Holder, account_id: int | None) -> Iterable[str]:
    account = session.get(Account, account_id) if account_id else None
    known = [holder.contact_email, account.email if account else ""]
    return {address.lower(): address for address in known if address}.values()
