"""Writes a compared register: accounts first, then mailboxes in the order of their ids, then new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from portal.store import auto_renewal_queries
from portal.store.accounts import Account, Holder, LoginSession
from portal.store.mailboxes import Mailbox
from portal.store.selections import SelectedMailbox
from portal.usecases.imports.mailboxes import (
    Progress,
    Stored,
    behind_renewal,
    password_to_store,
    stored_mailboxes,
)
from portal.usecases.imports.problems import RowsRefused
from portal.usecases.imports.register import HOLDER_FIELDS, RegisterRow
from portal.usecases.imports.spool import AccountFacts, Kept, Spool


def write_register(
    session: Session, spool: Spool, *, now: datetime, skip_bad: bool, progress: Progress
) -> None:
    """Bring accounts, holders and mailboxes to what the good rows of the spool say.

    What is bad by now, because a renewal was granted since the comparison, is reported in the spool and
    left out; raises RowsRefused, so that nothing is written, unless `skip_bad`. Source: product.md 5.
    """
    for accounts in spool.accounts():
        _write_accounts(session, [facts for facts in accounts if facts.is_touched], now)
    for batch in spool.changed():
        _update(session, batch, spool, now=now, skip_bad=skip_bad)
        progress(len(batch))
    for batch in spool.new():
        _insert(session, batch, now)
        progress(len(batch))


def _write_accounts(session: Session, accounts: Sequence[AccountFacts], now: datetime) -> None:
    names = [facts.username for facts in accounts]
    query = select(Account).where(Account.username.in_(names)).order_by(Account.id).with_for_update()
    known = {account.username: account for account in session.scalars(query)}
    for facts in accounts:
        account = known.get(facts.username)
        if account is None:
            session.add(_new_account(facts, now))
        else:
            _change_account(session, account, facts)
    session.flush()
    session.expunge_all()


def _new_account(facts: AccountFacts, now: datetime) -> Account:
    """Return a new account; its own holder is that of its first row, unless a contact says otherwise."""
    return Account(
        username=facts.username,
        email=facts.email,
        holder_tax_code=facts.own_tax_code or facts.first_tax_code,
        created_at=now,
    )


def _change_account(session: Session, account: Account, facts: AccountFacts) -> None:
    if facts.email and facts.email != account.email:
        account.email = facts.email
    if facts.own_tax_code and facts.own_tax_code != account.holder_tax_code:
        account.holder_tax_code = facts.own_tax_code
        in_its_name = exists().where(Holder.id == Mailbox.holder_id, Holder.tax_code == facts.own_tax_code)
        session.execute(
            update(Mailbox).where(Mailbox.account_id == account.id).values(of_account_holder=in_its_name),
            execution_options={"synchronize_session": False},
        )


def _update(session: Session, batch: Sequence[Kept], spool: Spool, *, now: datetime, skip_bad: bool) -> None:
    stored = stored_mailboxes(session, [kept.row.address for kept in batch], lock=True)
    problems = [problem for kept in batch if (problem := behind_renewal(kept.row, stored[kept.row.address]))]
    if problems and not skip_bad:
        raise RowsRefused(problems)
    spool.report(problems)
    bad = {problem.line for problem in problems}
    _write_changes(session, [kept for kept in batch if kept.row.line not in bad], stored, now)


def _write_changes(
    session: Session, batch: Sequence[Kept], stored: Mapping[str, Stored], now: datetime
) -> None:
    references = _References(session, [kept.row for kept in batch])
    changes = []
    moved, with_new_password = [], []
    for kept in batch:
        before = stored[kept.row.address]
        columns = references.columns(kept.row)
        del columns["auto_renewal"]  # from the first import on it is the customer's switch
        password_hash = password_to_store(kept) or before.password_hash
        columns["extra_paid_until"] = _extra_paid_until(kept.row, before.extra_paid_until)
        changes.append(columns | {"id": before.mailbox_id, "password_hash": password_hash})
        if columns["account_id"] != before.account_id:
            moved.append(before.mailbox_id)
        if before.password_hash not in (None, password_hash):
            with_new_password.append(before.mailbox_id)
    if changes:
        session.execute(update(Mailbox), changes)
    auto_renewal_queries.switch_off(session, moved, now=now)
    _forget_replaced_holders(session, {before.holder_id for before in stored.values()})
    session.execute(delete(SelectedMailbox).where(SelectedMailbox.mailbox_id.in_(moved)))
    _end_sessions(session, with_new_password, now)


def _extra_paid_until(row: RegisterRow, before: date | None) -> date | None:
    """Return until when the row's extra space is paid: an expiry that moves pays nothing.

    Source: domain.md 7.3.
    """
    return (before or row.expires_on) if row.extra_mailbox_gb or row.extra_archive_gb else None


def _end_sessions(session: Session, mailbox_ids: Sequence[int], now: datetime) -> None:
    """Sign out whoever came in with a password that has changed. Source: hardening.md S21."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.mailbox_id.in_(mailbox_ids), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now),
        execution_options={"synchronize_session": False},
    )


def _forget_replaced_holders(session: Session, holder_ids: Iterable[int]) -> None:
    """Delete those of the holders in whose name no mailbox stands any more."""
    unused = ~exists().where(Mailbox.holder_id == Holder.id)
    session.execute(
        delete(Holder).where(Holder.id.in_(holder_ids), unused),
        execution_options={"synchronize_session": False},
    )


def _insert(session: Session, batch: Sequence[Kept], now: datetime) -> None:
    references = _References(session, [kept.row for kept in batch])
    session.execute(
        insert(Mailbox),
        [
            references.columns(kept.row)
            | {
                "address": kept.row.address,
                "extra_paid_until": _extra_paid_until(kept.row, None),
                "password_hash": password_to_store(kept),
                "created_at": now,
            }
            for kept in batch
        ],
    )


@dataclass(frozen=True, slots=True)
class _OwnAccount:
    id: int
    holder_tax_code: str


class _References:
    """The accounts and holders that a batch of rows names, made where there are none yet."""

    def __init__(self, session: Session, rows: Sequence[RegisterRow]) -> None:
        self._accounts = _accounts(session, {row.account for row in rows if row.account})
        self._holders = _holders(session, {row.holder_fingerprint: row for row in rows})

    def columns(self, row: RegisterRow) -> dict[str, Any]:
        """Return the mailbox's columns that the row decides, but for address and password."""
        account = self._accounts.get(row.account)
        is_own = account is None or account.holder_tax_code == row.holder["tax_code"]
        return {
            "account_id": account.id if account else None,
            "holder_id": self._holders[row.holder_fingerprint],
            "of_account_holder": is_own,
            "plan": row.plan,
            "expires_on": row.expires_on,
            "extra_mailbox_gb": row.extra_mailbox_gb,
            "extra_archive_gb": row.extra_archive_gb,
            "mailbox_used_mb": row.mailbox_used_mb,
            "archive_used_mb": row.archive_used_mb,
            "used_read_at": None,
            "auto_renewal": row.auto_renewal,
            "convention_code": row.convention or None,
            "register_digest": row.digest,
        }


def _accounts(session: Session, names: Iterable[str]) -> dict[str, _OwnAccount]:
    query = select(Account.username, Account.id, Account.holder_tax_code).where(Account.username.in_(names))
    return {row[0]: _OwnAccount(*row[1:]) for row in session.execute(query)}


def _holders(session: Session, rows: Mapping[str, RegisterRow]) -> dict[str, int]:
    """Return the ids of the rows' holders by fingerprint."""
    query = select(Holder.fingerprint, Holder.id).where(Holder.fingerprint.in_(rows))
    known = {row.fingerprint: row.id for row in session.execute(query)}
    missing = [
        {"fingerprint": fingerprint, "kind": row.holder_kind}
        | {name: row.holder[name] for name in HOLDER_FIELDS}
        for fingerprint, row in rows.items()
        if fingerprint not in known
    ]
    if missing:
        made = session.execute(insert(Holder).returning(Holder.fingerprint, Holder.id), missing)
        known |= {row.fingerprint: row.id for row in made}
    return known
