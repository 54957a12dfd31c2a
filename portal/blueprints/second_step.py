"""`/accedi/verifica`: the second step, between the password and being signed in."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import login, proofs, rate_limits, web
from portal.domain.errors import NotFound
from portal.usecases import passkeys

bp = Blueprint("second_step", __name__)
log = structlog.get_logger()


@bp.route("/accedi/verifica", methods=["GET", "POST"])
@rate_limits.limited_sign_in
def verify() -> ResponseReturnValue:
    """Ask for the second step; let in whoever takes it."""
    waiting = login.waiting()
    if waiting is None:
        return _too_late()
    if request.method != "POST":
        return web.render("access/second_step.html", ways=waiting.ways, refused=False)
    key = rate_limits.name_key(waiting.identifier, rate_limits.SECOND_STEP)
    if not proofs.second_step_taken(waiting.subject, key, waiting):
        if login.waiting() is None:
            return _too_late()
        return web.render("access/second_step.html", status=422, ways=waiting.ways, refused=True)
    goal = login.waiting_goal()
    facts = login.begin_session(waiting.subject)
    log.info("signed_in", who=current_user.log_name, session=facts.session_id, second_step=True)
    response = make_response(login.onward(goal))
    rate_limits.remember_device(response, waiting.identifier)
    return response


@bp.post("/accedi/verifica/sfida")
def challenge() -> ResponseReturnValue:
    """Give the browser something to sign with a passkey."""
    waiting, services = login.waiting(), web.services()
    if waiting is None:
        raise NotFound
    with services.transaction() as writing:
        options = passkeys.offer_proof(writing, waiting.subject, proofs.site(), now=services.now())
    return Response(options, mimetype="application/json")


def _too_late() -> ResponseReturnValue:
    """Send back to the password, with a word; who is signed in goes on."""
    login.stop_waiting()
    if not current_user.is_authenticated:
        web.say("access/_again_text.html", "info")
    return web.see_other("access.sign_in")
