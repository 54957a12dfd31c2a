"""Authenticator apps and recovery codes: switching them on and off, and taking the second step with them.

Source: domain.md 2.4, hardening.md S23.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from pyotp import TOTP, random_base32
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import NotFound
from portal.domain.history import Deed
from portal.domain.second_step import (
    CODE_LETTERS,
    RECOVERY_CODES,
    SIGN_IN_WAITS,
    Ways,
    bare_code,
    grouped_code,
    is_totp,
    step_of,
    steps_accepted,
)
from portal.ports import Rejected, Sealer
from portal.store import second_steps as rows
from portal.store.second_steps import Passkey, PendingSignIn, RecoveryCode, Totp
from portal.usecases import access, history, security_notices


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is told: as letters to type, and as the address in the QR code."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A browser that knew the password."""

    pending_id: int
    subject: Subject
    identifier: str
    ways: Ways


def look_at_ways(session: Session, subject: Subject) -> Ways:
    """Return by what the subject can take a second step."""
    return rows.ways_of(session, subject)


def begin_totp(session: Session, subject: Subject, *, sealer: Sealer, now: datetime) -> None:
    """Make a new secret for an authenticator that is not confirmed yet. Raises NotFound where one is."""
    known = rows.totp_of(session, subject)
    if known is not None and known.confirmed_at is not None:
        raise NotFound
    sealed = sealer.seal(random_base32(32))
    if known is not None:
        known.sealed_secret, known.begun_at, known.last_step = sealed, now, 0
        return
    session.add(
        Totp(
            account_id=subject.account_id,
            mailbox_id=subject.mailbox_id,
            sealed_secret=sealed,
            begun_at=now,
        )
    )


def look_at_enrolment(
    session: Session, subject: Subject, identifier: str, issuer: str, *, sealer: Sealer
) -> Enrolment | None:
    """Return what the app is to be told, as long as it has not shown a right code."""
    known = rows.totp_of(session, subject)
    if known is None or known.confirmed_at is not None:
        return None
    secret = sealer.open(known.sealed_secret)
    return Enrolment(secret, TOTP(secret).provisioning_uri(name=identifier, issuer_name=issuer))


def confirm_totp(
    session: Session, subject: Subject, code: str, *, sealer: Sealer, now: datetime
) -> list[str] | None:
    """Switch the second step on if the app shows the right code; return new recovery codes, else None."""
    known = rows.totp_of(session, subject)
    if known is None or known.confirmed_at is not None:
        raise NotFound
    if not _takes_totp(session, known, bare_code(code), sealer, now):
        return None
    known.confirmed_at = now
    session.flush()
    _tell(session, subject, Deed.SECOND_STEP_ON, "totp_on", now)
    return new_codes(session, subject)


def remove_totp(session: Session, subject: Subject, *, now: datetime) -> bool:
    """Switch the authenticator off; say whether there was one. The last way takes the codes with it."""
    known = rows.totp_of(session, subject)
    if known is None:
        return False
    session.execute(delete(Totp).where(Totp.id == known.id))
    if known.confirmed_at is not None:
        _tell(session, subject, Deed.SECOND_STEP_OFF, "totp_off", now)
    drop_useless_codes(session, subject)
    return known.confirmed_at is not None


def remove_all(session: Session, subject: Subject, *, now: datetime) -> bool:
    """Take the whole second step away, for somebody whom the operator knows; say whether there was one.

    Sessions end: whoever took the phone may be in one of them.
    """
    was_on = rows.ways_of(session, subject).is_on
    session.execute(delete(Totp).where(rows.owned(Totp, subject)))
    if subject.account_id is not None:
        session.execute(delete(Passkey).where(Passkey.account_id == subject.account_id))
    rows.delete_recovery_codes(session, subject)
    if was_on:
        access.end_sessions(session, subject, now=now)
        _tell(session, subject, Deed.SECOND_STEP_OFF, "all_off", now)
    return was_on


def renew_codes(session: Session, subject: Subject, *, now: datetime) -> list[str]:
    """Return new recovery codes in place of the old ones. Raises NotFound where no second step is on."""
    if not rows.ways_of(session, subject).is_on:
        raise NotFound
    security_notices.second_step_changed(session, subject, "codes_renewed", now=now)
    return new_codes(session, subject)


def new_codes(session: Session, subject: Subject) -> list[str]:
    """Return recovery codes as they are shown this once; their hashes are kept."""
    rows.delete_recovery_codes(session, subject)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(account_id=subject.account_id, mailbox_id=subject.mailbox_id, code_hash=_hash_of(code))
        for code in codes
    )
    return [grouped_code(code) for code in codes]


def drop_useless_codes(session: Session, subject: Subject) -> None:
    """Forget the recovery codes where there is nothing left to recover from."""
    session.flush()
    if not rows.ways_of(session, subject).is_on:
        rows.delete_recovery_codes(session, subject)


def code_shown(secret: str, *, now: datetime) -> str:
    """Return what an authenticator with this secret shows now."""
    return str(TOTP(secret).generate_otp(step_of(now)))


def take_code(session: Session, subject: Subject, typed: str, *, sealer: Sealer, now: datetime) -> bool:
    """Take an authenticator's code or a recovery code, once; say whether it was right.

    The same code a second time is wrong, at the same moment as well: the row says which step was used last.
    """
    code = bare_code(typed)
    if is_totp(code):
        known = rows.totp_of(session, subject)
        confirmed = known is not None and known.confirmed_at is not None
        return confirmed and known is not None and _takes_totp(session, known, code, sealer, now)
    if not rows.use_recovery_code(session, subject, _hash_of(code), now):
        return False
    security_notices.second_step_changed(session, subject, "code_used", now=now)
    return True


def wait_for_second_step(session: Session, subject: Subject, *, now: datetime) -> str:
    """Return the token of a browser that knew the password and is not signed in yet."""
    token = secrets.token_urlsafe(32)
    candidate = access.candidate_of(session, subject, now=now)
    session.add(
        PendingSignIn(
            token_hash=access.hash_of(token),
            account_id=subject.account_id,
            mailbox_id=subject.mailbox_id,
            password_mark=access.mark_of(candidate.stored_hash),
            expires_at=now + SIGN_IN_WAITS,
        )
    )
    return token


def look_at_waiting(session: Session, token: str, *, now: datetime) -> Waiting | None:
    """Return who waits, unless it took too long, too many tries, or the password is another since."""
    pending = rows.pending_by_hash(session, access.hash_of(token), now)
    if pending is None:
        return None
    subject = _subject_of(pending)
    candidate = access.candidate_of(session, subject, now=now)
    if not candidate.may_enter or access.mark_of(candidate.stored_hash) != pending.password_mark:
        return None
    return Waiting(pending.id, subject, candidate.identifier, rows.ways_of(session, subject))


def count_try(session: Session, waiting: Waiting) -> bool:
    """Count a try of this sign-in before it is judged; say whether there was one left."""
    return rows.count_pending_try(session, waiting.pending_id)


def let_in(session: Session, waiting: Waiting, *, now: datetime) -> bool:
    """End the waiting, once; say whether it was this call that did."""
    return rows.close_pending(session, waiting.pending_id, now)


def _subject_of(pending: PendingSignIn) -> Subject:
    if pending.account_id is not None:
        return Subject(SubjectKind.ACCOUNT, account_id=pending.account_id)
    return Subject(SubjectKind.MAILBOX, mailbox_id=pending.mailbox_id)


def _takes_totp(session: Session, known: Totp, code: str, sealer: Sealer, now: datetime) -> bool:
    try:
        secret = sealer.open(known.sealed_secret)
    except Rejected:  # the key it was sealed with is gone: a recovery code helps, or the operator
        return False
    generator = TOTP(secret)
    right = [
        step
        for step in steps_accepted(now)
        if compare_digest(generator.generate_otp(step).encode(), code.encode(errors="replace"))
    ]
    if not right or not rows.use_step(session, known.id, max(right)):
        return False
    known.sealed_secret = sealer.seal(secret)  # with the newest key, so that an older one can go
    return True


def _tell(session: Session, subject: Subject, deed: Deed, what: str, now: datetime) -> None:
    history.record(session, deed, subject, now=now)
    security_notices.second_step_changed(session, subject, what, now=now)


def _new_code() -> str:
    return b32encode(secrets.token_bytes(CODE_LETTERS * 5 // 8)).decode().lower()


def _hash_of(code: str) -> str:
    return sha256(code.encode(errors="replace")).hexdigest()
