"""Mails about credit. Source: domain.md 12 `top_up_receipt`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.dates import rome_day
from portal.domain.money import Cents
from portal.store.orders import Order
from portal.usecases.mail_rows import MailOwner, MailSubject, write_mail


def topped_up(session: Session, order: Order, balance_cents: Cents, *, now: datetime) -> None:
    """Say how much was put in and how much there is now."""
    write_mail(
        session,
        MailSubject("top_up_receipt", order.number, "paid"),
        [order.contact_email],
        {
            "name": "",
            "number": order.number,
            "amount_cents": order.due_cents,
            "balance_cents": balance_cents,
            "paid_on": rome_day(now).isoformat(),
        },
        MailOwner(order.account_id, order.mailbox_id, order.id),
        now=now,
    )
