"""`/accedi` and `/esci`."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Blueprint, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from portal import login, web
from portal.domain.access import SubjectKind
from portal.forms.access import SignInForm
from portal.rate_limits import limited_sign_in, remember_device
from portal.usecases import access
from portal.usecases.access import Candidate

bp = Blueprint("access", __name__)
log = structlog.get_logger()


@bp.route("/accedi", methods=["GET", "POST"])
@limited_sign_in
def sign_in() -> ResponseReturnValue:
    """Ask who it is; let in whoever knows the password."""
    form = SignInForm(next=request.args.get("next", ""))
    if request.method == "GET":
        if current_user.is_authenticated:
            return web.see_other("home.index")
        return web.render("access/sign_in.html", form=form, refused=False)
    if not form.validate():
        return web.render("access/sign_in.html", status=422, form=form, refused=False)
    candidate = _verified(form.identifier.data or "", form.password.data or "")
    if candidate is None:
        return web.render("access/sign_in.html", status=422, form=form, refused=True)
    return _let_in(candidate, form.next.data or "")


@bp.post("/esci")
def sign_out() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    if current_user.is_authenticated:
        services = web.services()
        with services.transaction() as session:
            access.end_session(session, current_user.token, now=services.now())
        log.info("signed_out", who=current_user.log_name)
    login.end()
    response = make_response(web.see_other("access.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _verified(identifier: str, password: str) -> Candidate | None:
    """Return who it is if the password is right; as slow for nobody as for somebody (S11)."""
    services = web.services()
    candidate = access.find_candidate(
        web.reading(), identifier, account_domain=services.settings.brand.account_domain, now=services.now()
    )
    if candidate.kind is SubjectKind.ACCOUNT:
        right = services.hasher.verify(candidate.stored_hash, password)
    else:
        right = services.verifier.verify(candidate.identifier, candidate.stored_hash, password)
    if not (right and candidate.may_enter):
        log.warning("sign_in_refused", kind=candidate.kind)
        return None
    _renew_hash(candidate, password)
    return candidate


def _renew_hash(candidate: Candidate, password: str) -> None:
    services = web.services()
    if candidate.subject and candidate.stored_hash and services.hasher.needs_rehash(candidate.stored_hash):
        fresh = services.hasher.hash(password)
        with services.transaction() as session:
            access.store_hash(session, candidate.subject, fresh)


def _let_in(candidate: Candidate, goal: str) -> Response:
    services = web.services()
    now, settings = services.now(), services.settings
    assert candidate.subject is not None
    with services.transaction() as session:
        if current_user.is_authenticated:
            access.end_session(session, current_user.token, now=now)
        token = access.start_session(
            session,
            candidate.subject,
            now=now,
            lasts=timedelta(hours=settings.session_absolute_hours),
            address=request.remote_addr or "",
            user_agent=request.user_agent.string,
        )
    facts = access.session_facts(
        web.reading(), token, now=now, idle=timedelta(minutes=settings.session_idle_minutes)
    )
    assert facts is not None
    login.begin(token, facts)
    log.info("signed_in", kind=candidate.kind, session_id=facts.session_id)
    path = login.local_path(goal)
    response = redirect(path, code=303) if path else web.see_other("home.index")
    remember_device(response, candidate.identifier, secure=settings.secure_cookies)  # type: ignore[arg-type]
    return response
