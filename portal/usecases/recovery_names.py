"""Which names are reached by an e-mail address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.store.accounts import Account, Holder
from portal.store.contracts import SOURCE_LANGUAGE
from portal.store.mailboxes import Mailbox
from portal.usecases.access import mailbox_exists


def names_reached(session: Session, email: str, *, limit: int, now: datetime) -> tuple[list[str], str]:
    """Return the accounts and mailboxes whose contact the address is, and the language of the first."""
    accounts = session.execute(
        select(Account.username, Account.language)
        .where(func.lower(Account.email) == email, Account.disabled_at.is_(None))
        .order_by(Account.username)
        .limit(limit)
    ).all()
    boxes = session.execute(
        select(Mailbox.address, Mailbox.language, Mailbox.plan, Mailbox.expires_on, Mailbox.cancelled_on)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .where(func.lower(Holder.contact_email) == email)
        .order_by(Mailbox.expires_on.desc(), Mailbox.address)
        .limit(limit)
    ).all()
    alive = [box for box in boxes if mailbox_exists(box, now)]
    names = [row.username for row in accounts] + [row.address for row in alive]
    languages = [row.language for row in accounts] + [row.language for row in alive]
    return names[:limit], next((each for each in languages if each), SOURCE_LANGUAGE)
