"""What the operator does with accounts and passwords; nobody signed in gets here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import NotFound
from portal.domain.history import Deed
from portal.store.accounts import Account, account_by_username
from portal.store.mailboxes import Mailbox
from portal.usecases import history
from portal.usecases.access import end_sessions

BATCH = 1000


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account as the operator sees it."""

    username: str
    email: str
    mailboxes: int
    has_password: bool
    disabled_at: datetime | None


def every_account(session: Session) -> Iterator[AccountLine]:
    """Give all accounts by name, a batch at a time, however many there are."""
    after = ""
    while batch := session.execute(_LINES, {"after": after}).all():
        for row in batch:
            yield AccountLine(*row)
        after = batch[-1].username


_MAILBOXES = select(func.count()).where(Mailbox.account_id == Account.id).scalar_subquery()
_LINES = (
    select(
        Account.username,
        Account.email,
        _MAILBOXES,
        Account.password_hash.is_not(None),
        Account.disabled_at,
    )
    .where(Account.username > bindparam("after"))
    .order_by(Account.username)
    .limit(BATCH)
)


def account_subject(session: Session, username: str) -> Subject:
    """Return the account with this name. Raises NotFound."""
    return Subject(SubjectKind.ACCOUNT, account_id=_account(session, username).id)


def mailbox_subject(session: Session, address: str) -> Subject:
    """Return the mailbox with this address. Raises NotFound."""
    found = session.scalar(select(Mailbox.id).where(Mailbox.address == address.strip().lower()))
    if found is None:
        raise NotFound
    return Subject(SubjectKind.MAILBOX, mailbox_id=found)


def disable(session: Session, username: str, *, now: datetime) -> bool:
    """Keep an account out from its next request on; return False if it was out already. Raises NotFound.

    Its sessions end for good: enabling the account again must not revive them.
    """
    account = _account(session, username)
    subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    end_sessions(session, subject, now=now)
    is_new = _set_disabled(session, account, now)
    if is_new:
        history.record(session, Deed.ACCESS_CLOSED, subject, now=now)
    return is_new


def enable(session: Session, username: str, *, now: datetime) -> bool:
    """Let an account in again; return False if it was in already. Raises NotFound."""
    account = _account(session, username)
    is_new = _set_disabled(session, account, None)
    if is_new:
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        history.record(session, Deed.ACCESS_OPENED, subject, now=now)
    return is_new


def _set_disabled(session: Session, account: Account, moment: datetime | None) -> bool:
    if (account.disabled_at is None) == (moment is None):
        return False
    session.execute(update(Account).where(Account.id == account.id).values(disabled_at=moment))
    return True


def _account(session: Session, username: str) -> Account:
    account = account_by_username(session, username.strip())
    if account is None:
        raise NotFound
    return account
