"""`/accedi` and `/esci`."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Blueprint, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from portal import login, rate_limits, web
from portal.domain.access import Subject, SubjectKind
from portal.domain.history import Deed
from portal.forms.access import SignInForm
from portal.usecases import access, history
from portal.usecases.access import Candidate, SessionFacts

bp = Blueprint("access", __name__)
log = structlog.get_logger()


@bp.route("/accedi", methods=["GET", "POST"])
@rate_limits.limited_sign_in
def sign_in() -> ResponseReturnValue:
    """Ask who it is; let in whoever knows the password."""
    form = SignInForm(next=request.args.get("next", ""))
    if request.method == "GET":
        if current_user.is_authenticated:
            return _onward(form)
        return web.render("access/sign_in.html", form=form, refused=False)
    if not form.validate():
        return web.render("access/sign_in.html", status=422, form=form, refused=False)
    candidate = _verified(*form.credentials())
    if candidate is None or candidate.subject is None:
        rate_limits.count_failure()
        return web.render("access/sign_in.html", status=422, form=form, refused=True)
    facts = _begin_session(candidate.subject)
    log.info("signed_in", who=current_user.log_name, session=facts.session_id)
    response = make_response(_onward(form))
    rate_limits.remember_device(response, candidate.identifier)
    return response


@bp.post("/esci")
def sign_out() -> ResponseReturnValue:
    """End the session on the server and in the browser; without one, just go to the sign-in page."""
    if current_user.is_authenticated:
        services = web.services()
        with services.transaction() as session:
            access.end_session(session, current_user.token, now=services.now())
            history.record(session, Deed.SIGNED_OUT, current_user.subject, now=services.now())
        log.info("signed_out", who=current_user.log_name)
    login.end()
    response = make_response(web.see_other("access.sign_in"))
    # Not "cookies" as well: that would reach other sites of this domain.
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
        log.warning("sign_in_refused", kind=candidate.kind, address=request.remote_addr)
        _write_down_refusal(candidate)
        return None
    _renew_hash(candidate, password)
    return candidate


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


def _begin_session(subject: Subject) -> SessionFacts:
    """Start a session on the server and in the browser; the one this browser had ends (S17)."""
    services = web.services()
    now, settings = services.now(), services.settings
    with services.transaction() as session:
        if current_user.is_authenticated:
            access.end_session(session, current_user.token, now=now)
        token, facts = access.start_session(
            session,
            subject,
            now=now,
            lasts=timedelta(hours=settings.session_absolute_hours),
            address=request.remote_addr or "",
            user_agent=request.user_agent.string,
        )
    login.begin(token, facts)
    return facts


def _onward(form: SignInForm) -> Response:
    """Go where the person was going, if that is a place of ours; else to the first page."""
    goal = login.local_path(form.next.data or "")
    return redirect(goal, code=303) if goal else web.see_other("home.index")
