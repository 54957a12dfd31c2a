"""The mail about space that is there. Source: domain.md 12 `extra_space_activated`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.space_purchases import SpacePurchase
from portal.usecases.mail_rows import MailOwner, MailSubject, write_mail


def space_activated(
    session: Session, order: Order, purchase: SpacePurchase, mailbox: Mailbox, *, now: datetime
) -> None:
    """Say how much is there, until when, and what it costs at the renewal: to the holder and the account."""
    account = session.get(Account, order.account_id) if order.account_id else None
    holder = session.get_one(Holder, mailbox.holder_id)
    known = [holder.contact_email, account.email if account else ""]
    recipients = {address.lower(): address for address in known if address}
    write_mail(
        session,
        MailSubject("extra_space_activated", order.number, "done"),
        recipients.values(),
        {
            "name": holder.display_name,
            "number": order.number,
            "address": purchase.address,
            "mailbox_gb": purchase.mailbox_gb,
            "archive_gb": purchase.archive_gb,
            "due_cents": order.due_cents,
            "expires_on": purchase.expires_on.isoformat(),
            "renewal_net_cents": purchase.renewal_net_cents,
        },
        MailOwner(order.account_id, order.mailbox_id, order.id),
        now=now,
    )
