"""The language that a customer chose: kept with the account or the mailbox, for pages and mails alike."""

from __future__ import annotations

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.store.accounts import Account
from portal.store.contracts import SOURCE_LANGUAGE
from portal.store.mailboxes import Mailbox


def choose_language(session: Session, subject: Subject, language: str) -> None:
    """Keep the language for the subject's pages and mails."""
    session.execute(_of(subject).values(language=language))


def choose_first_language(session: Session, subject: Subject, language: str) -> None:
    """Keep the language that was chosen before signing in, unless the subject had chosen one already."""
    table = Account if subject.account_id is not None else Mailbox
    session.execute(_of(subject).where(table.language.is_(None)).values(language=language))


def _of(subject: Subject) -> Update:
    if subject.account_id is not None:
        return update(Account).where(Account.id == subject.account_id)
    return update(Mailbox).where(Mailbox.id == subject.mailbox_id)


def language_of(session: Session, account_id: int | None, mailbox_id: int | None) -> str:
    """Return what mails to them are written in: the account's choice, else the mailbox's, else Italian."""
    account = session.get(Account, account_id) if account_id else None
    if account and account.language:
        return account.language
    chosen = session.scalar(select(Mailbox.language).where(Mailbox.id == mailbox_id)) if mailbox_id else None
    return chosen or SOURCE_LANGUAGE
