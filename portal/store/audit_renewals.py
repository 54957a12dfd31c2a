"""What must be true of auto-renewal: each query finds what contradicts it.

Source: domain.md 6, hardening.md 3.3, S42, lessons.md L8.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from portal.domain.auto_renewal import CycleState
from portal.domain.mandates import StoredMethodState
from portal.store.attempts import PaymentAttempt
from portal.store.auto_renewals import IS_OPEN, AutoRenewalCycle
from portal.store.dialects import DaysAfter
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.orders import Order
from portal.store.stored_methods import Mandate, RenewsWith, StoredMethod


def charges_unannounced(notice_days: int) -> Select[Any]:
    """Charges of stored methods whose announcement had not left so many days before.

    Days are counted in UTC here, so that one of them is nobody's fault.
    """
    in_time = and_(
        Mail.state == MailState.SENT,
        func.date(Mail.sent_at) <= DaysAfter(func.date(PaymentAttempt.opened_at), 1 - notice_days),
    )
    return (
        select(PaymentAttempt.reference)
        .outerjoin(AutoRenewalCycle, AutoRenewalCycle.order_id == PaymentAttempt.order_id)
        .outerjoin(Mail, and_(Mail.id == AutoRenewalCycle.mail_id, in_time))
        .where(PaymentAttempt.stored_method_id.is_not(None), Mail.id.is_(None))
    )


def charges_above_announcement() -> Select[Any]:
    """Charges of more than the announcement said."""
    return (
        select(PaymentAttempt.reference)
        .join(AutoRenewalCycle, AutoRenewalCycle.order_id == PaymentAttempt.order_id)
        .where(
            PaymentAttempt.stored_method_id.is_not(None),
            PaymentAttempt.amount_cents > AutoRenewalCycle.announced_cents,
        )
    )


def charges_without_mandate() -> Select[Any]:
    """Charges that no mandate in force at that moment allowed."""
    allowing = select(Mandate.id).where(
        Mandate.stored_method_id == PaymentAttempt.stored_method_id,
        Mandate.maximum_cents >= PaymentAttempt.amount_cents,
        or_(Mandate.revoked_at.is_(None), Mandate.revoked_at >= PaymentAttempt.opened_at),
    )
    return select(PaymentAttempt.reference).where(
        PaymentAttempt.stored_method_id.is_not(None), ~allowing.exists()
    )


def charges_after_expiry() -> Select[Any]:
    """Charges that were begun after the expiry of what they renew."""
    return (
        select(PaymentAttempt.reference)
        .join(AutoRenewalCycle, AutoRenewalCycle.order_id == PaymentAttempt.order_id)
        .where(
            PaymentAttempt.stored_method_id.is_not(None),
            func.date(PaymentAttempt.opened_at) > AutoRenewalCycle.expires_on,
        )
    )


def cycles_and_orders_apart() -> Select[Any]:
    """Cycles that are done though their order is not paid, and the reverse.

    One that was left out may be paid all the same: who said to have paid has, after switching off.
    """
    is_done = AutoRenewalCycle.state == CycleState.DONE
    is_paid = and_(Order.id.is_not(None), Order.paid_at.is_not(None))
    return (
        select(AutoRenewalCycle.id)
        .outerjoin(Order, Order.id == AutoRenewalCycle.order_id)
        .where(is_done != is_paid, AutoRenewalCycle.state != CycleState.SKIPPED)
    )


def cycles_past_their_expiry(today: date, patience: timedelta) -> Select[Any]:
    """Cycles that are still open though their expiry is long past."""
    return select(AutoRenewalCycle.id).where(IS_OPEN, AutoRenewalCycle.expires_on < today - patience)


def switches_apart() -> Select[Any]:
    """Mailboxes that renew with a method though switched off, or with one that is gone or another's."""
    another = and_(
        or_(StoredMethod.account_id.is_(None), StoredMethod.account_id != Mailbox.account_id),
        or_(StoredMethod.mailbox_id.is_(None), StoredMethod.mailbox_id != Mailbox.id),
    )
    return (
        select(Mailbox.address)
        .join(RenewsWith, RenewsWith.mailbox_id == Mailbox.id)
        .join(StoredMethod, StoredMethod.id == RenewsWith.stored_method_id)
        .where(or_(~Mailbox.auto_renewal, StoredMethod.state != StoredMethodState.ACTIVE, another))
    )
