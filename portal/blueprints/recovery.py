"""`/recupero`: a forgotten password, a forgotten name; the same answer to everybody."""

from __future__ import annotations

import structlog
from flask import Blueprint, flash, make_response, request, session
from flask.typing import ResponseReturnValue

from portal import rate_limits, web
from portal.domain.errors import NotFound
from portal.domain.recovery import Forgotten
from portal.forms.profile import PasswordForm
from portal.forms.recovery import AskForm
from portal.new_passwords import chosen, problem_of
from portal.usecases import recovery
from portal.usecases.recovery import Recovering

bp = Blueprint("recovery", __name__)
log = structlog.get_logger()
KEPT_AS = "recovery_token"
"""Where the browser keeps the token, so that no page's address holds it (S22)."""
LONGEST_TOKEN = 100


@bp.route("/recupero/<any(password, username):what>", methods=["GET", "POST"])
@rate_limits.limited_requests
def ask(what: str) -> ResponseReturnValue:
    """Ask who it is; say the same whoever it is."""
    forgotten, form = Forgotten(what), AskForm(request.form)
    if request.method != "POST":
        return _ask_page(forgotten, form)
    if not form.validate():
        return _ask_page(forgotten, form, 422)
    services = web.services()
    with services.transaction() as writing:
        recovery.ask(writing, forgotten, form.name, form.tax_code, now=services.now())
    log.info("recovery_asked", forgotten=forgotten)
    return web.see_other("recovery.asked", what=what)


@bp.get("/recupero/<any(password, username):what>/inviato")
def asked(what: str) -> ResponseReturnValue:
    """Say what happens next, if what was typed is right."""
    return web.render("recovery/asked.html", forgotten=Forgotten(what))


@bp.get("/recupero/link/<token>")
def open_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address; programs that follow links in mails change nothing by this."""
    session[KEPT_AS] = token[:LONGEST_TOKEN]
    return web.see_other("recovery.choose")


@bp.route("/recupero/nuova-password", methods=["GET", "POST"])
def choose() -> ResponseReturnValue:
    """Ask for the new password; a link works once and signs nobody in."""
    services, token = web.services(), str(session.get(KEPT_AS, ""))
    found = recovery.look_at_link(web.reading(), token, now=services.now())
    form = PasswordForm(request.form)
    if found is None:
        return web.render("recovery/dead.html", status=410)
    problem = problem_of(form, found.identifier) if request.method == "POST" else ""
    if request.method != "POST" or problem:
        status = 422 if problem else 200
        return web.render("recovery/choose.html", status=status, found=found, problem=problem)
    return _chosen(found, token, form)


def _chosen(found: Recovering, token: str, form: PasswordForm) -> ResponseReturnValue:
    services = web.services()
    new, opened = chosen(form), rate_limits.strangers_keys(found.identifier)
    try:
        with services.transaction() as writing:
            recovery.choose_password(writing, token, new, opened, now=services.now())
    except NotFound:
        return web.render("recovery/dead.html", status=410)
    session.clear()
    log.info("password_recovered", kind=found.subject.kind)
    flash(web.words("recovery/_chosen_text.html"), "ok")
    response = make_response(web.see_other("access.sign_in"))
    rate_limits.remember_device(response, found.identifier)
    return response


def _ask_page(forgotten: Forgotten, form: AskForm, status: int = 200) -> ResponseReturnValue:
    return web.render("recovery/ask.html", status=status, forgotten=forgotten, form=form)
