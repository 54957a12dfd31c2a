"""Stored methods that expire before they are needed, and whoever has to hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from portal.domain.mandates import StoredMethodState
from portal.domain.renewal_calendar import EARLIEST
from portal.store.accounts import Account, Holder
from portal.store.dialects import DaysAfter
from portal.store.house import renewal_calendar
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.method_queries import renewing_with
from portal.store.stored_methods import RenewsWith, StoredMethod

KIND = "payment_method_expiring"
MILESTONE = "expiring"


@dataclass(frozen=True, slots=True)
class ExpiringMethod:
    """A method with what renews with it, and who is told."""

    method: StoredMethod
    recipient: str
    language: str
    mailboxes: int
    first_addresses: Sequence[str]


def key_of(method_id: int) -> str:
    """Return what the mail about a method is about: with the recipient it is its key, so it is told once."""
    return f"method-{method_id}"


def to_tell(session: Session, after: int, soon: date, today: date, limit: int) -> Sequence[ExpiringMethod]:
    """Return the next methods that expire by `soon`, or before the charge of an expiry sixty days ahead.

    Only those by which something renews and whose owner was not told. Source: domain.md 6, 12.
    """
    charged = renewal_calendar(session).tries[0]
    with_it = and_(RenewsWith.stored_method_id == StoredMethod.id, Mailbox.auto_renewal)
    renewing = exists().where(with_it, Mailbox.id == RenewsWith.mailbox_id)
    before_charge = renewing.where(
        Mailbox.expires_on >= today,
        Mailbox.expires_on <= today + timedelta(days=EARLIEST),
        DaysAfter(Mailbox.expires_on, -charged) > StoredMethod.expires_on,
    )
    recipient = func.coalesce(Account.email, Holder.contact_email)
    key = literal(f"{KIND}:method-") + cast(StoredMethod.id, String) + literal(f":{MILESTONE}:") + recipient
    own = Mailbox.__table__.alias("own_mailbox")
    rows = session.execute(
        select(StoredMethod, recipient, func.coalesce(Account.language, own.c.language))
        .outerjoin(Account, Account.id == StoredMethod.account_id)
        .outerjoin(own, own.c.id == StoredMethod.mailbox_id)
        .outerjoin(Holder, Holder.id == own.c.holder_id)
        .where(
            StoredMethod.id > after,
            StoredMethod.state == StoredMethodState.ACTIVE,
            StoredMethod.expires_on.is_not(None),
            renewing,
            or_(StoredMethod.expires_on <= soon, before_charge),
            ~exists().where(Mail.key == key),
        )
        .order_by(StoredMethod.id)
        .limit(limit)
    ).all()
    boxes = renewing_with(session, [row[0].id for row in rows]) if rows else {}
    return [
        ExpiringMethod(method, email, language, *boxes.get(method.id, (0, ())))
        for method, email, language in rows
    ]
