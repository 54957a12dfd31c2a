"""Mails about a change of contact address: the link to the new one, the news to the old one.

Source: domain.md 2.3, 12.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.accounts import Holder
from portal.store.email_changes import EmailChange
from portal.usecases.mail_rows import SEALED, Context, MailOwner, MailSubject, write_mail


def email_change_asked(
    session: Session, change: EmailChange, holder: Holder, sealed_token: str, *, now: datetime
) -> None:
    """Send the link to the new address; the row keeps its token sealed, and no text with it (S22).

    It is nobody's correspondence: who asked must not read the link without having the new address.
    """
    context: Context = {
        "name": holder.display_name,
        "new_email": change.new_email,
        SEALED: {"token": sealed_token},
    }
    subject = MailSubject("email_change_confirm", f"holder-{holder.id}", str(change.id))
    write_mail(session, subject, [change.new_email], context, MailOwner(), now=now)


def email_changed(session: Session, change: EmailChange, holder: Holder, *, now: datetime) -> None:
    """Tell the old address that notices go elsewhere now."""
    context: Context = {"name": holder.display_name, "new_email": change.new_email}
    subject = MailSubject("email_changed", f"holder-{holder.id}", str(change.id))
    owner = MailOwner(change.account_id, change.mailbox_id)
    write_mail(session, subject, [change.old_email], context, owner, now=now)
