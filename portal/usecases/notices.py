"""Mails that tell customers what happened: each function writes its rows in the caller's transaction.

A mail's key names kind, object, milestone and recipient, so that the same thing is told once. Callers hold
the order's lock, so no two of them write the same key at once. Source: domain.md 12.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.domain.attempts import Failure
from portal.domain.dates import rome_day
from portal.domain.money import Cents
from portal.domain.orders import LineState
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.store import attempts, order_facts
from portal.store.accounts import Account, Holder
from portal.store.contracts import acceptances_of
from portal.store.extras import OrderExtra, order_extras
from portal.store.house import renewal_calendar
from portal.store.orders import Order, OrderLine
from portal.store.outbox import enqueue
from portal.store.payments import Payment
from portal.store.stored_methods import StoredMethod
from portal.usecases.change_notices import LISTED_MAILBOXES, deletions_ordered
from portal.usecases.mail_rows import Context, MailOwner, MailSubject, write_mail

PATIENCE = timedelta(minutes=10)
"""After this long a paid order that is not fulfilled is worth a mail of its own."""


def order_placed(
    session: Session, order: Order, calendar: BankCalendar, *, milestone: str = "placed", now: datetime
) -> None:
    """Confirm the order and say how to pay it. Source: domain.md 12 `order_confirmation`."""
    time = calendar.times[order.payment_method]
    days = {"registration_days": [time.min_working_days, time.max_working_days]}
    texts = {
        "texts": [
            {"title": text.title, "version": text.version, "name": text.name}
            for _, text in acceptances_of(session, order.id)
        ]
    }
    texts["deletions"] = deletions_ordered(session, order, limit=LISTED_MAILBOXES)
    changed = {"method_changed": milestone != "placed"}
    context = _order_context(session, order) | _lines_context(session, order) | days | texts | changed
    _write(session, order, "order_confirmation", milestone, context, now=now)


def payment_reminder(
    session: Session, order: Order, calendar: BankCalendar, *, milestone: str, now: datetime
) -> None:
    """Recall an order that waits for its money. Source: domain.md 12 `payment_reminder`."""
    time = calendar.times[order.payment_method]
    days = {"registration_days": [time.min_working_days, time.max_working_days]}
    context = _order_context(session, order) | _lines_context(session, order) | days
    _write(session, order, "payment_reminder", milestone, context, now=now)


def order_expired(session: Session, order: Order, *, mailboxes_gone: bool, now: datetime) -> None:
    """Say why the order lapsed, with its mailboxes or with its price, and that late money is not lost."""
    context = _order_context(session, order) | _lines_context(session, order)
    context["mailboxes_gone"] = mailboxes_gone
    _write(session, order, "order_expired", "expired", context, now=now)


def extra_sent(session: Session, order: Order, extra: OrderExtra, *, now: datetime) -> None:
    """Say that what was bought beside the renewal is on its way."""
    context = _order_context(session, order) | {"extra": _extra(extra)}
    _write(session, order, "extra_sent", extra.code, context, now=now)


def order_cancelled(session: Session, order: Order, *, now: datetime) -> None:
    """Say that nothing is to be paid and that the mailboxes can be renewed again."""
    charging = attempts.count_charging(session, [order.id]) > 0
    context = _order_context(session, order) | _lines_context(session, order) | {"charging": charging}
    _write(session, order, "order_cancelled", "cancelled", context, now=now)


def payment_registered(session: Session, order: Order, *, now: datetime) -> None:
    """See to it that the customer hears of the money even if the renewal takes long.

    Normally `order_fulfilled` says both within a minute, and two mails would be one too many.
    """
    payload = {"order_id": order.id}
    enqueue(
        session, "order.progress", f"order.progress:{order.id}", payload, now=now, not_before=now + PATIENCE
    )


def payment_received(session: Session, order: Order, *, now: datetime) -> None:
    """Say that the money arrived and that the work goes on."""
    context = (
        _order_context(session, order) | _payment_context(session, order) | _lines_context(session, order)
    )
    _write(session, order, "payment_received", "received", context, now=now)


def order_fulfilled(session: Session, order: Order, credit_until: date | None, *, now: datetime) -> None:
    """Say what was paid, until when each mailbox lasts now, and what could not be renewed.

    `credit_until`: when the credit for the latter lapses, None if it does not.
    Source: domain.md 12 `payment_confirmation`, `renewal_done`, merged.
    """
    refused = order_facts.first_lines(session, order.id, limit=LISTED_MAILBOXES, states=[LineState.REFUSED])
    context = (
        _order_context(session, order)
        | _payment_context(session, order)
        | _lines_context(session, order, states=[LineState.FULFILLED])
        | {
            "refused": [_line(line) for line in refused],
            "refused_count": order_facts.count_lines(session, order.id)[LineState.REFUSED],
            "owed_cents": order_facts.owed_for(order, order_facts.net_of_refused_lines(session, order.id)),
            "credit_until": credit_until.isoformat() if credit_until else None,
        }
    )
    _write(session, order, "payment_confirmation", "fulfilled", context, now=now)


def money_unapplied(session: Session, payment: Payment, credit_until: date | None, *, now: datetime) -> None:
    """Say that money came which paid nothing, and until when it can be used. Source: domain.md 5 (4).

    Money that names no order of ours has no known payer, so nobody is told.
    """
    order = session.get(Order, payment.order_id) if payment.order_id else None
    if order is not None:
        until = credit_until.isoformat() if credit_until else None
        told = {"reason": payment.unapplied_reason, "credit_until": until}
        context = _order_context(session, order) | _money(payment) | told
        _write(session, order, "order_credited", str(payment.id), context, now=now)


def charge_sent_back(session: Session, payment: Payment, *, now: datetime) -> None:
    """Say that a charge was under way when its order was cancelled, and goes back. Source: domain.md 6."""
    order = session.get_one(Order, payment.order_id)
    context = _order_context(session, order) | _money(payment)
    _write(session, order, "charge_sent_back", str(payment.id), context, now=now)


def payment_failed(
    session: Session, order: Order, reference: str, method: PaymentMethod, failure: Failure, *, now: datetime
) -> None:
    """Say that the payment was refused, why, and how to pay all the same. Source: domain.md 12."""
    context = _order_context(session, order) | {"failure": failure.value, "tried": method.value}
    _write(session, order, "payment_failed", reference, context, now=now)


def auto_renewal_enabled(
    session: Session, order: Order, method: StoredMethod, maximum_cents: Cents, *, now: datetime
) -> None:
    """Say that what the order renews renews by itself later, with the method it was paid with.

    Source: domain.md 12 `auto_renewal_enabled`.
    """
    renewed = _lines_context(session, order)
    calendar = renewal_calendar(session)
    first_on = order_facts.first_new_expiry(session, order.id) - timedelta(days=calendar.tries[0])
    context = renewed | {
        "order": order.number,
        "address": renewed["lines"][0]["address"],
        "charge_on": first_on.isoformat(),
        "method": method.method.value,
        "brand": method.brand,
        "last_four": method.last_four,
        "maximum_cents": maximum_cents,
        "announced": calendar.announced,
        "credit_first": False,
    }
    _write(session, order, "auto_renewal_enabled", "checkout", context, now=now)


def _write(
    session: Session, order: Order, kind: str, milestone: str, context: Context, *, now: datetime
) -> None:
    holder = order_facts.sole_holder(session, order.id)
    _write_to(session, order, holder, kind, milestone, context, now=now)


def _write_to(
    session: Session,
    order: Order,
    holder: Holder | None,
    kind: str,
    milestone: str,
    context: Context,
    *,
    now: datetime,
) -> None:
    account = session.get(Account, order.account_id) if order.account_id else None
    context["name"] = holder.display_name if holder else ""
    write_mail(
        session,
        MailSubject(kind, order.number, milestone),
        _recipients(order, account, holder),
        context,
        MailOwner(order.account_id, order.mailbox_id, order.id),
        now=now,
    )


def _recipients(order: Order, account: Account | None, holder: Holder | None) -> list[str]:
    """Return each address once: the account's, and the holder's when the order concerns no other holder.

    Several holders must not read what each other pays. Source: domain.md 12.
    """
    known = [account.email if account else "", holder.contact_email if holder else ""]
    found = {address.lower(): address for address in known if address}
    return list(found.values()) or [order.contact_email]


def _order_context(session: Session, order: Order) -> Context:
    return {
        "number": order.number,
        "placed_on": rome_day(order.placed_at).isoformat(),
        "method": order.payment_method.value,
        "net_cents": order.net_cents,
        "vat_rate": _plain(order.vat_rate),
        "vat_cents": order.vat_cents,
        "gross_cents": order.gross_cents,
        "split_payment": order.split_payment,
        "due_cents": order.due_cents,
        "withdrawable_until": order.withdrawable_until.isoformat() if order.withdrawable_until else "",
        "payable_until": order.payable_until.isoformat() if order.payable_until else None,
    }


def _payment_context(session: Session, order: Order) -> Context:
    payment = order_facts.payment_of(session, order.id)
    return _money(payment) if payment else {}


def _money(payment: Payment) -> Context:
    return {
        "amount_cents": payment.amount_cents,
        "paid_on": payment.paid_on.isoformat(),
        "registered_on": rome_day(payment.registered_at).isoformat(),
        "paid_by": payment.method.value,
    }


def _lines_context(
    session: Session, order: Order, *, states: Collection[LineState] = tuple(LineState)
) -> Context:
    counts = order_facts.count_lines(session, order.id)
    lines = order_facts.first_lines(session, order.id, limit=LISTED_MAILBOXES, states=states)
    extras = [_extra(extra) for extra in order_extras(session, order.id)]
    count = sum(counts[state] for state in states)
    return {"lines": [_line(line) for line in lines], "line_count": count, "extras": extras}


def _line(line: OrderLine) -> Context:
    return {
        "address": line.address,
        "plan_before": line.plan_before.value,
        "plan": line.plan.value,
        "extra_mailbox_gb": line.extra_mailbox_gb,
        "extra_archive_gb": line.extra_archive_gb,
        "term_years": line.term_years,
        "expires_before": line.expires_before.isoformat(),
        "expires_after": line.expires_after.isoformat(),
        "net_cents": line.net_cents,
        "deletes_archive": line.archive_deletion_accepted,
        "refusal": line.refusal,
    }


def _extra(extra: OrderExtra) -> Context:
    names = {"it": extra.name_it, "en": extra.name_en, "de": extra.name_de or extra.name_it}
    return {"names": names, "pieces": extra.pieces}


def _plain(rate: Decimal) -> str:
    """Return «22» for 22.00 and «4.5» for 4.50."""
    return f"{rate.normalize():f}"
