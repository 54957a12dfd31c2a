"""Letting somebody in again who has forgotten the password, or under which name to enter.

Source: domain.md 2.3, hardening.md S12, S22.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import NotFound
from portal.domain.history import Deed
from portal.domain.recovery import LINK_LASTS, LINKS_A_DAY, LISTED_NAMES, Forgotten, same_code
from portal.ports import Sealer
from portal.store import failures, outbox
from portal.store import recovery as rows
from portal.store.accounts import Holder
from portal.store.mailboxes import Mailbox
from portal.store.recovery import RecoveryLink, RecoveryRequest
from portal.usecases import access, history, security_notices
from portal.usecases.passwords import NewPassword, change_password
from portal.usecases.recovery_names import names_reached

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Recovering:
    """Whose password a link lets choose."""

    subject: Subject
    identifier: str


def ask(session: Session, forgotten: Forgotten, typed: str, code: str, *, now: datetime) -> None:
    """Write down what was typed, whosever it is or nobody's, for a worker to look at.

    The row goes when it is answered and SQLite gives its id away again, so the id alone is no key: the next
    request would be taken for the one answered before.
    """
    request = RecoveryRequest(forgotten=forgotten, typed=typed.lower(), code=code, asked_at=now)
    session.add(request)
    session.flush()
    payload = {"request_id": request.id}
    key = f"recovery.answer:{request.id}:{secrets.token_hex(8)}"
    outbox.enqueue(session, "recovery.answer", key, payload, now=now)


def answer(session: Session, request_id: int, *, account_domain: str, sealer: Sealer, now: datetime) -> None:
    """Write the mail, if what was typed is somebody's; what was typed is forgotten either way."""
    request = session.get(RecoveryRequest, request_id)
    if request is None:
        return
    session.delete(request)
    if request.forgotten is Forgotten.USERNAME:
        _remind(session, request.typed, now)
    else:
        _offer_password(session, request, account_domain, sealer, now)


def look_at_link(session: Session, token: str, *, now: datetime) -> Recovering | None:
    """Return whose password the link lets choose, or None where it leads nowhere."""
    link = rows.open_link(session, hash_of(token), now)
    return _recovering(session, link, now) if link else None


def choose_password(
    session: Session, token: str, new: NewPassword, opened_keys: Sequence[str], *, now: datetime
) -> Recovering:
    """Use the link up for a new password. Raises NotFound, and then nothing has changed.

    Whoever reads the contact address has proved enough to open the name again, so `opened_keys` forget
    their failures (S14); but nobody is signed in by it, and a second step stays as it is.
    """
    link = rows.use_link(session, hash_of(token), now)
    found = _recovering(session, link, now) if link else None
    if found is None:
        raise NotFound
    change_password(session, found.subject, new, now=now)
    for key in opened_keys:
        failures.forget_failures(session, key)
    return found


def hash_of(token: str) -> str:
    """Return what is kept of a link's token: 256 random bits need no slow hash."""
    return sha256(token.encode(errors="replace")).hexdigest()


def _offer_password(
    session: Session, request: RecoveryRequest, account_domain: str, sealer: Sealer, now: datetime
) -> None:
    candidate = access.find_candidate(session, request.typed, account_domain=account_domain, now=now)
    subject = candidate.subject
    if subject is None or not candidate.may_enter or not _code_fits(session, subject, request.code):
        return
    if rows.links_since(session, rows.links_of(subject), now - DAY) >= LINKS_A_DAY:
        return
    rows.close_links(session, subject, now)
    token = secrets.token_urlsafe(32)
    who = security_notices.reached(session, subject)
    link = RecoveryLink(
        token_hash=hash_of(token),
        account_id=subject.account_id,
        mailbox_id=subject.mailbox_id,
        password_mark=access.mark_of(candidate.stored_hash),
        email=who.email.lower(),
        asked_at=now,
        expires_at=now + LINK_LASTS,
    )
    session.add(link)
    session.flush()
    history.record(session, Deed.RECOVERY_ASKED, subject, now=now)
    security_notices.password_reset(session, subject, sealer.seal(token), link.id, now=now)


def _code_fits(session: Session, subject: Subject, typed: str) -> bool:
    """Say whether the holder's code was typed; accounts are not asked for one. Source: domain.md 2.3."""
    if subject.kind is SubjectKind.ACCOUNT:
        return True
    box = session.get_one(Mailbox, subject.mailbox_id)
    holder = session.get_one(Holder, box.holder_id)
    return same_code(typed, holder.tax_code) or same_code(typed, holder.vat_number)


def _remind(session: Session, email: str, now: datetime) -> None:
    """Tell an address which names are reached by it, if any are."""
    if rows.links_since(session, RecoveryLink.email == email, now - DAY) >= LINKS_A_DAY:
        return
    names, language = names_reached(session, email, limit=LISTED_NAMES, now=now)
    if not names:
        return
    sent = RecoveryLink(email=email, asked_at=now, expires_at=now, closed_at=now)
    session.add(sent)
    session.flush()
    security_notices.username_reminder(session, email, names, language, sent.id, now=now)


def _recovering(session: Session, link: RecoveryLink, now: datetime) -> Recovering | None:
    """Return whose link it is, unless the password is another since, or nobody may enter any more."""
    if link.account_id is not None:
        subject = Subject(SubjectKind.ACCOUNT, account_id=link.account_id)
    elif link.mailbox_id is not None:
        subject = Subject(SubjectKind.MAILBOX, mailbox_id=link.mailbox_id)
    else:
        return None
    candidate = access.candidate_of(session, subject, now=now)
    if not candidate.may_enter or access.mark_of(candidate.stored_hash) != link.password_mark:
        return None
    return Recovering(subject, candidate.identifier)
