"""`/accedi` and `/esci`."""

from __future__ import annotations

import structlog
from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import login, proofs, rate_limits, web
from portal.domain.access import Subject
from portal.domain.history import Deed
from portal.forms.access import SignInForm
from portal.usecases import access, history, second_steps

bp = Blueprint("access", __name__)
log = structlog.get_logger()


@bp.route("/accedi", methods=["GET", "POST"])
@rate_limits.limited_sign_in
def sign_in() -> ResponseReturnValue:
    """Ask who it is; let in whoever knows the password."""
    form = SignInForm(next=request.args.get("next", ""))
    if request.method != "POST":
        if current_user.is_authenticated:
            return login.onward(login.local_path(form.next.data or ""))
        return web.render("access/sign_in.html", form=form, refused=False)
    if not form.validate():
        return web.render("access/sign_in.html", status=422, form=form, refused=False)
    identifier, password = form.credentials()
    candidate = proofs.checked_candidate(identifier, password, rate_limits.name_key(identifier))
    if candidate is None or candidate.subject is None:
        return web.render("access/sign_in.html", status=422, form=form, refused=True)
    return _let_in(candidate.subject, candidate.identifier, login.local_path(form.next.data or ""))


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


def _let_in(subject: Subject, identifier: str, goal: str | None) -> ResponseReturnValue:
    """Sign in whoever knew the password, or ask for the second step first."""
    if second_steps.look_at_ways(web.reading(), subject).is_on:
        login.begin_waiting(subject, goal)
        return web.see_other("second_step.verify")
    facts = login.begin_session(subject)
    log.info("signed_in", who=current_user.log_name, session=facts.session_id)
    response = make_response(login.onward(goal))
    rate_limits.remember_device(response, identifier)
    return response
