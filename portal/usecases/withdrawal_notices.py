"""The mails of a withdrawal: its acknowledgment, on a durable medium, and that the money went back.

Source: domain.md 10, 12 `withdrawal_ack`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.dates import rome_day, rome_time
from portal.store import order_facts
from portal.store.accounts import Account
from portal.store.orders import Order
from portal.store.withdrawals import Withdrawal
from portal.usecases.mail_rows import Context, MailOwner, MailSubject, write_mail

LISTED_MAILBOXES = 100
"""How many mailboxes the mail names; the rest is on the order's page."""


def withdrawal_acknowledged(session: Session, order: Order, withdrawal: Withdrawal, *, now: datetime) -> None:
    """Say what was declared, when, and what follows: to the address given, and to the account's."""
    account = session.get(Account, order.account_id) if order.account_id else None
    write_mail(
        session,
        MailSubject("withdrawal_ack", order.number, "requested"),
        _recipients(account, withdrawal),
        _context(session, order, withdrawal),
        MailOwner(order.account_id, order.mailbox_id, order.id),
        now=now,
    )


def refund_sent(session: Session, order: Order, withdrawal: Withdrawal, way: str, *, now: datetime) -> None:
    """Say that the money is on its way back; `way` is credit, by_hand, or else the method."""
    account = session.get(Account, order.account_id) if order.account_id else None
    write_mail(
        session,
        MailSubject("refund_sent", order.number, "sent"),
        _recipients(account, withdrawal),
        {
            "name": withdrawal.name,
            "number": order.number,
            "refund_cents": withdrawal.refund_cents,
            "refunded_on": (withdrawal.refunded_on or rome_day(now)).isoformat(),
            "way": way,
        },
        MailOwner(order.account_id, order.mailbox_id, order.id),
        now=now,
    )


def _recipients(account: Account | None, withdrawal: Withdrawal) -> list[str]:
    known = {address.lower(): address for address in (account.email if account else "", withdrawal.email)}
    return [address for address in known.values() if address]


def _context(session: Session, order: Order, withdrawal: Withdrawal) -> Context:
    lines = order_facts.first_lines(session, order.id, limit=LISTED_MAILBOXES)
    return {
        "name": withdrawal.name,
        "number": order.number,
        "placed_on": rome_day(order.placed_at).isoformat(),
        "withdrawn_on": rome_day(withdrawal.requested_at).isoformat(),
        "withdrawn_at": rome_time(withdrawal.requested_at),
        "email": withdrawal.email,
        "was_paid": order.paid_at is not None,
        "refund_cents": withdrawal.refund_cents,
        "kept_cents": withdrawal.kept_cents,
        "lines": [
            {"address": line.address, "expires_before": line.expires_before.isoformat()} for line in lines
        ],
        "line_count": sum(order_facts.count_lines(session, order.id).values()),
    }
