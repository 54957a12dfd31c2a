"""The mail that a stored method expires before it is needed: once a method. Source: domain.md 6, 12."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.dates import add_months
from portal.store import method_expiry
from portal.store.method_expiry import ExpiringMethod
from portal.usecases.mail_rows import MailOwner, MailSubject, write_mail

AT_ONCE = 200


def tell_expiring(
    session: Session, cursor: int | None, *, today: date, now: datetime
) -> tuple[int, int | None]:
    """Tell some owners of methods that expire; return how many, and the last method if not done.

    In the month before the card's last, or sixty days before an expiry whose charge it will not live to see.
    """
    next_month = add_months(today.replace(day=1), 1)
    soon = next_month.replace(day=monthrange(next_month.year, next_month.month)[1])
    found = method_expiry.to_tell(session, cursor or 0, soon, today, AT_ONCE)
    for each in found:
        _tell(session, each, now)
    return len(found), found[-1].method.id if len(found) == AT_ONCE else None


def _tell(session: Session, each: ExpiringMethod, now: datetime) -> None:
    method = each.method
    assert method.expires_on is not None
    context = {
        "name": "",
        "brand": method.brand,
        "last_four": method.last_four,
        "month": method.expires_on.isoformat(),
        "mailboxes": each.mailboxes,
        "addresses": list(each.first_addresses),
        "is_account": method.account_id is not None,
    }
    write_mail(
        session,
        MailSubject(method_expiry.KIND, method_expiry.key_of(method.id), method_expiry.MILESTONE),
        [each.recipient],
        context,
        MailOwner(account_id=method.account_id, mailbox_id=method.mailbox_id, language=each.language),
        now=now,
    )
