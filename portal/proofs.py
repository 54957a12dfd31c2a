"""Proving who one is: the password, limited and as slow for nobody as for somebody. Source: S11, S13, S16."""

from __future__ import annotations

import structlog
from flask import request

from portal import rate_limits, web
from portal.domain.access import SubjectKind
from portal.domain.history import Deed
from portal.ports import OutsideFailure
from portal.usecases import access, history
from portal.usecases.access import Candidate

log = structlog.get_logger()


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
