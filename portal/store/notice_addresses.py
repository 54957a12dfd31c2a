"""The further addresses that hear of mailboxes: an accountant's, of one mailbox or of all of an account."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.store.dialects import among
from portal.store.mailboxes import Mailbox
from portal.store.notices import NoticeAddress


def further_addresses(session: Session, mailbox_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Return by mailbox the further addresses that hear of it, in lower case; others are absent."""
    of_it = or_(NoticeAddress.mailbox_id == Mailbox.id, NoticeAddress.account_id == Mailbox.account_id)
    rows = session.execute(
        select(Mailbox.id, func.lower(NoticeAddress.email))
        .join(NoticeAddress, of_it)
        .where(among(session, Mailbox.id, mailbox_ids))
        .order_by(Mailbox.id, NoticeAddress.id)
    )
    found: dict[int, list[str]] = {}
    for mailbox_id, email in rows:
        found.setdefault(mailbox_id, []).append(email)
    return found
