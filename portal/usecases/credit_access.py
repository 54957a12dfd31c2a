"""Who may see and spend credit: an account its own, a mailbox its own unless another holds the account."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.access import Action, Subject, allowed
from portal.domain.errors import NotAllowed
from portal.store.mailboxes import Mailbox
from portal.usecases.draft_lines import mailbox_relation


def may_use(session: Session, subject: Subject) -> bool:
    """Say whether the subject has a wallet to use. Source: domain.md 2.2."""
    if subject.mailbox_id is None:
        return True
    mailbox = session.get(Mailbox, subject.mailbox_id)
    return mailbox is not None and allowed(mailbox_relation(subject.kind, mailbox), Action.USE_CREDIT)


def check_may_use(session: Session, subject: Subject) -> None:
    """Raise NotAllowed where the subject has none."""
    if not may_use(session, subject):
        raise NotAllowed(Action.USE_CREDIT)
