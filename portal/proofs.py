"""Proving who one is, limited, and as slow for nobody as for somebody. Source: S11, S13, S16, S23."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import request
from sqlalchemy.orm import Session

from portal import rate_limits, web
from portal.domain.access import Subject, SubjectKind
from portal.domain.history import Deed
from portal.ports import OutsideFailure
from portal.usecases import access, history, passkeys, second_steps
from portal.usecases.access import Candidate
from portal.usecases.passkeys import Site
from portal.usecases.second_steps import Waiting

log = structlog.get_logger()
PROOF = "conferma-"
"""What the names of the fields that prove who is there begin with: no page repeats them."""
PASSWORD, CODE, PASSKEY = (f"{PROOF}{name}" for name in ("password", "codice", "passkey"))


def checked_candidate(identifier: str, password: str, key: str) -> Candidate | None:
    """Return who it is if the password is right. Raises TriesExhausted, Unavailable.

    Every check costs the same, and each is counted before it is made.
    """
    services = web.services()
    rate_limits.begin_try(key)
    candidate = access.find_candidate(
        web.reading(), identifier, account_domain=services.settings.brand.account_domain, now=services.now()
    )
    try:
        right = _is_right(candidate, password)
    except OutsideFailure:  # nothing was tried
        rate_limits.take_back_try(key)
        raise
    if not (right and candidate.may_enter and candidate.subject):
        rate_limits.count_failure()
        log.warning("sign_in_refused", kind=candidate.kind, address=request.remote_addr)
        _write_down_refusal(candidate)
        return None
    rate_limits.take_back_try(key)
    _renew_hash(candidate, password)
    return candidate


def second_step_taken(subject: Subject, key: str, waiting: Waiting | None = None) -> bool:
    """Say whether the form brings a right code or passkey. Raises TriesExhausted.

    The try is counted before it is judged. A sign-in that waits ends with the right one, so that no second
    browser takes the same step.
    """
    services = web.services()
    rate_limits.begin_try(key)
    with services.transaction() as session:
        may_try = waiting is None or second_steps.count_try(session, waiting)
        right = may_try and _answers(session, subject)
        if right and waiting is not None:
            right = second_steps.let_in(session, waiting, now=services.now())
        if not right:
            history.record(session, Deed.SECOND_STEP_REFUSED, subject, now=services.now())
    if not right:
        rate_limits.count_failure()
        log.warning("second_step_refused", kind=subject.kind, address=request.remote_addr)
        return False
    rate_limits.take_back_try(key)
    return True


def site() -> Site:
    """Return where passkeys are good: the host of the settings' address."""
    settings = web.services().settings
    return Site(urlsplit(settings.public_url).hostname or "", settings.public_url, settings.brand.name)


def _answers(session: Session, subject: Subject) -> bool:
    services = web.services()
    answer, code = request.form.get(PASSKEY, ""), request.form.get(CODE, "")
    if answer:
        return passkeys.take_passkey(session, subject, answer, site(), now=services.now())
    return bool(code) and second_steps.take_code(
        session, subject, code, sealer=services.sealer, now=services.now()
    )


def _is_right(candidate: Candidate, password: str) -> bool:
    services = web.services()
    if candidate.kind is SubjectKind.ACCOUNT:
        return services.hasher.verify(candidate.stored_hash, password)
    return services.verifier.verify(candidate.identifier, candidate.stored_hash, password)


def _write_down_refusal(candidate: Candidate) -> None:
    """Tell the owner of the name; for nobody's name a row is written too, or the time would tell (S11).

    What was typed is not kept: it may be a password in the wrong field.
    """
    services = web.services()
    with services.transaction() as session:
        history.record(session, Deed.SIGN_IN_REFUSED, candidate.subject, now=services.now())


def _renew_hash(candidate: Candidate, password: str) -> None:
    services = web.services()
    old = candidate.stored_hash
    if candidate.subject and old and services.hasher.needs_rehash(old):
        fresh = services.hasher.hash(password)
        with services.transaction() as session:
            access.renew_hash(session, candidate.subject, old, fresh)
