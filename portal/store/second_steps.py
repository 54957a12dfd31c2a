"""Authenticators, recovery codes, passkeys, and sign-ins that wait for one of them. Source: S23."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.domain.second_step import TRIES_A_SIGN_IN, Ways
from portal.store.base import Base, Id, enum_type
from portal.store.dialects import changed

ONE_OWNER = "(account_id IS NULL) <> (mailbox_id IS NULL)"


class Totp(Base):
    """An authenticator app: confirmed once it has shown a right code."""

    __tablename__ = "totp"
    __table_args__ = (CheckConstraint(ONE_OWNER, name="one_owner"),)

    id: Mapped[Id]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(255))
    """By `ports.Sealer`: the key is not in the database."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The time step whose code was taken last: it and all before it are used up."""
    begun_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One of the codes for whoever has lost the phone; each works once."""

    __tablename__ = "recovery_code"
    __table_args__ = (CheckConstraint(ONE_OWNER, name="one_owner"),)

    id: Mapped[Id]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key in somebody's phone, computer or stick; we have its public half."""

    __tablename__ = "passkey"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """In base64url."""
    public_key: Mapped[str] = mapped_column(Text)
    """COSE, in base64url."""
    sign_count: Mapped[int]
    name: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ChallengePurpose(StrEnum):
    """What a challenge may be answered for."""

    REGISTER = "register"
    PROVE = "prove"


class PasskeyChallenge(Base):
    """Random bytes that a passkey shall sign, once."""

    __tablename__ = "passkey_challenge"

    id: Mapped[Id]
    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[ChallengePurpose] = mapped_column(enum_type(ChallengePurpose))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class PendingSignIn(Base):
    """A browser that knew the password and has the second step before it: not signed in."""

    __tablename__ = "pending_sign_in"
    __table_args__ = (
        CheckConstraint(ONE_OWNER, name="one_owner"),
        Index("ix_pending_sign_in_expires_at", "expires_at"),
    )

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    password_mark: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the password's hash: with another password it leads nowhere."""
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


def owned(table: type[Totp | RecoveryCode], subject: Subject) -> ColumnElement[bool]:
    """Return the condition «this row is the subject's»."""
    if subject.account_id is not None:
        return table.account_id == subject.account_id
    return table.mailbox_id == subject.mailbox_id


def ways_of(session: Session, subject: Subject) -> Ways:
    """Return by what the subject can take a second step, in one statement."""
    totp = select(func.count()).where(owned(Totp, subject), Totp.confirmed_at.is_not(None))
    keys = select(func.count()).where(Passkey.account_id == subject.account_id)
    codes = select(func.count()).where(owned(RecoveryCode, subject), RecoveryCode.used_at.is_(None))
    row = session.execute(
        select(totp.scalar_subquery(), keys.scalar_subquery(), codes.scalar_subquery())
    ).one()
    return Ways(bool(row[0]), row[1] if subject.account_id is not None else 0, row[2])


def totp_of(session: Session, subject: Subject) -> Totp | None:
    """Return the subject's authenticator, confirmed or not."""
    return session.scalar(select(Totp).where(owned(Totp, subject)))


def use_step(session: Session, totp_id: int, step: int) -> bool:
    """Use a time step up; of two who use it at once one finds it used."""
    newer = (Totp.id == totp_id, Totp.last_step < step)
    return changed(session, update(Totp).where(*newer).values(last_step=step)) > 0


def use_recovery_code(session: Session, subject: Subject, code_hash: str, now: datetime) -> bool:
    """Use a recovery code up; a second time it is none."""
    unused = (owned(RecoveryCode, subject), RecoveryCode.code_hash == code_hash)
    return (
        changed(
            session,
            update(RecoveryCode).where(*unused, RecoveryCode.used_at.is_(None)).values(used_at=now),
        )
        > 0
    )


def delete_recovery_codes(session: Session, subject: Subject) -> None:
    """Make every recovery code of the subject worthless."""
    session.execute(delete(RecoveryCode).where(owned(RecoveryCode, subject)))


def passkeys_of(session: Session, account_id: int | None) -> list[Passkey]:
    """Return an account's passkeys, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)))


def use_challenge(
    session: Session, challenge_hash: str, account_id: int, purpose: ChallengePurpose, now: datetime
) -> bool:
    """Use a challenge up, if it was given to this account for this and is in time."""
    given = (
        PasskeyChallenge.challenge_hash == challenge_hash,
        PasskeyChallenge.account_id == account_id,
        PasskeyChallenge.purpose == purpose,
        PasskeyChallenge.used_at.is_(None),
        PasskeyChallenge.expires_at > now,
    )
    return changed(session, update(PasskeyChallenge).where(*given).values(used_at=now)) > 0


def count_use(session: Session, passkey: Passkey, sign_count: int, now: datetime) -> bool:
    """Keep the passkey's own count; say no where it has not grown, though this key counts at all."""
    grown = (Passkey.sign_count < sign_count) | ((Passkey.sign_count == 0) & (sign_count == 0))
    statement = update(Passkey).where(Passkey.id == passkey.id, grown)
    return changed(session, statement.values(sign_count=sign_count, used_at=now)) > 0


def pending_by_hash(session: Session, token_hash: str, now: datetime) -> PendingSignIn | None:
    """Return the sign-in that waits for its second step, if it still does."""
    return session.scalar(
        select(PendingSignIn).where(
            PendingSignIn.token_hash == token_hash,
            PendingSignIn.closed_at.is_(None),
            PendingSignIn.tries < TRIES_A_SIGN_IN,
            PendingSignIn.expires_at > now,
        )
    )


def count_pending_try(session: Session, pending_id: int) -> bool:
    """Count a try before it is judged; say whether there was one left."""
    left = (
        PendingSignIn.id == pending_id,
        PendingSignIn.closed_at.is_(None),
        PendingSignIn.tries < TRIES_A_SIGN_IN,
    )
    return changed(session, update(PendingSignIn).where(*left).values(tries=PendingSignIn.tries + 1)) > 0


def close_pending(session: Session, pending_id: int, now: datetime) -> bool:
    """End the waiting; say whether it was this call that did."""
    waiting = (PendingSignIn.id == pending_id, PendingSignIn.closed_at.is_(None))
    return changed(session, update(PendingSignIn).where(*waiting).values(closed_at=now)) > 0


def delete_expired(session: Session, now: datetime, *, limit: int) -> int:
    """Delete challenges and waiting sign-ins whose time is over; return how many."""
    total = 0
    for table in (PasskeyChallenge, PendingSignIn):
        old = select(table.id).where(table.expires_at < now).limit(limit)
        total += changed(session, delete(table).where(table.id.in_(old)))
    return total
