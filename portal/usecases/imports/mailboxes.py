"""Reads the mailbox register and compares it with what is stored: everything before the first write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.ports import PasswordHasher
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.store.orders import Renewal
from portal.usecases.imports.csv_file import Row, read_rows
from portal.usecases.imports.problems import Problem, Reason
from portal.usecases.imports.register import OPTIONAL, REQUIRED, RegisterRow, is_hash, register_row
from portal.usecases.imports.spool import AccountFacts, Kept, Spool

Progress = Callable[[int], object]
"""Called with the number of rows done since the last call."""


def read_register(file: BinaryIO, spool: Spool, *, account_domain: str, today: date) -> None:
    """Keep every good row of the file in the spool and report there what is wrong with the others.

    Raises FileRefused when the file cannot be read to its end. Source: product.md 5.
    """
    for row in read_rows(file, required=REQUIRED, optional=OPTIONAL):
        if isinstance(row, Problem):
            spool.report([row])
        else:
            _take(row, spool, account_domain=account_domain, today=today)


def _take(row: Row, spool: Spool, *, account_domain: str, today: date) -> None:
    taken = register_row(row, account_domain=account_domain, today=today)
    if not isinstance(taken, RegisterRow):
        spool.report(taken)
        return
    problems = list(_clashes(taken, spool))
    if problems:
        spool.report(problems)
    else:
        spool.keep(taken)


def _clashes(row: RegisterRow, spool: Spool) -> Iterator[Problem]:
    """Yield what does not go together with an earlier row."""
    other_line = spool.line_of(row.address)
    if other_line is not None:
        found = {"found": row.address, "other_line": other_line}
        yield Problem(row.line, "address", Reason.REPEATED_ADDRESS, found)
    if row.account and row.account_email:
        said = spool.email_of(row.account)
        if said and said[1].lower() != row.account_email.lower():
            yield Problem(
                row.line,
                "account_email",
                Reason.ACCOUNT_EMAIL_DIFFERS,
                {"account": row.account, "other_line": said[0], "other": said[1]},
            )


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database has under a row's address."""

    mailbox_id: int
    holder_id: int
    account_id: int | None
    digest: str | None
    password_hash: str | None
    extra_paid_until: date | None
    renewed_to: date | None
    """The last day granted by a renewal paid here."""


def compare_register(session: Session, spool: Spool, *, progress: Progress) -> None:
    """Find out which rows are new, changed or unchanged, and report those that may not be taken."""
    for batch in spool.good():
        stored = stored_mailboxes(session, [kept.row.address for kept in batch])
        for kept in batch:
            _compare(kept.row, stored.get(kept.row.address), spool)
        progress(len(batch))
    for accounts in spool.accounts():
        _require_emails(session, accounts, spool)


def stored_mailboxes(
    session: Session, addresses: Sequence[str], *, lock: bool = False
) -> Mapping[str, Stored]:
    """Return what is stored by address, locked in the order of ids if asked for."""
    renewed_to = select(func.max(Renewal.ends_on)).where(Renewal.mailbox_id == Mailbox.id)
    query = (
        select(
            Mailbox.address,
            Mailbox.id,
            Mailbox.holder_id,
            Mailbox.account_id,
            Mailbox.register_digest,
            Mailbox.password_hash,
            Mailbox.extra_paid_until,
            renewed_to.scalar_subquery(),
        )
        .where(Mailbox.address.in_(addresses))
        .order_by(Mailbox.id)
    )
    rows = session.execute(query.with_for_update(of=Mailbox) if lock else query)
    return {row[0]: Stored(*row[1:]) for row in rows}


def _compare(row: RegisterRow, stored: Stored | None, spool: Spool) -> None:
    if stored is None:
        spool.compared(row.line, None, is_changed=True, stored_hash=None)
        return
    problem = behind_renewal(row, stored)
    if problem:
        spool.report([problem])
        return
    is_changed = stored.digest != row.digest
    spool.compared(row.line, stored.mailbox_id, is_changed=is_changed, stored_hash=stored.password_hash)


def behind_renewal(row: RegisterRow, stored: Stored) -> Problem | None:
    """Return the problem of a changed row that would take back a term paid here.

    The same row as at the last import is none: it changes nothing. Source: product.md 5.
    """
    if stored.renewed_to is None or row.expires_on >= stored.renewed_to or stored.digest == row.digest:
        return None
    return Problem(row.line, "expires_on", Reason.BEHIND_RENEWAL, {"renewed_to": stored.renewed_to})


def _require_emails(session: Session, accounts: Sequence[AccountFacts], spool: Spool) -> None:
    """Report the rows of accounts that do not exist yet and for which no row gives an e-mail."""
    nameless = {facts.username for facts in accounts if not facts.email}
    known = set(session.scalars(select(Account.username).where(Account.username.in_(nameless))))
    for account in sorted(nameless - known):
        spool.report(
            Problem(line, "account_email", Reason.ACCOUNT_EMAIL_MISSING, {"account": account})
            for line in spool.lines_of(account)
        )


def hash_passwords(spool: Spool, hasher: PasswordHasher, *, progress: Progress) -> None:
    """Hash the plain passwords of the good rows, or check them where a mailbox has one already.

    Outside any transaction: it takes tens of milliseconds for each. Source: hardening.md S16.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for batch in spool.with_plain_password():
            hashes = pool.map(lambda kept: _new_hash(kept, hasher), batch)
            for kept, new_hash in zip(batch, hashes, strict=True):
                spool.hashed(kept.row.line, new_hash)
            progress(len(batch))


def _new_hash(kept: Kept, hasher: PasswordHasher) -> str | None:
    password = kept.row.plain_password
    if kept.password_hash and hasher.verify(kept.password_hash, password):
        return None
    return hasher.hash(password)


def password_to_store(kept: Kept) -> str | None:
    """Return the hash a good row brings, or None where it brings none or the stored one is right."""
    return kept.row.password if is_hash(kept.row.password) else kept.password_hash
