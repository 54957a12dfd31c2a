"""`/profilo`: who one is here, the password, and the browsers that are signed in."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import login, recent, web
from portal.forms.profile import EndSessionForm, PasswordForm
from portal.new_passwords import chosen, problem_of
from portal.usecases import passwords, second_steps, sessions

bp = Blueprint("profile", __name__)
log = structlog.get_logger()


@bp.get("/profilo")
def index() -> ResponseReturnValue:
    """Lead to everything that can be looked at and changed."""
    session, subject = web.reading(), web.subject()
    return web.render(
        "profile/index.html",
        ways=second_steps.look_at_ways(session, subject),
    )


@bp.route("/profilo/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Ask for the present password and for another."""
    form = PasswordForm(request.form)
    if request.method != "POST":
        return web.render("profile/password.html", form=form, problem="", refused=False)
    problem = problem_of(form, current_user.identifier)
    if problem or not recent.proves_now():
        refused = not recent.proves_now()
        return web.render("profile/password.html", None, 422, form=form, problem=problem, refused=refused)
    services = web.services()
    new = chosen(form)
    with services.transaction() as session:
        passwords.change_password(session, web.subject(), new, now=services.now())
    login.renew_session()
    log.info("password_changed", who=current_user.log_name)
    flash(web.words("profile/_password_changed_text.html"), "ok")
    return web.see_other("profile.index")


@bp.get("/profilo/sessioni")
def sessions_page() -> ResponseReturnValue:
    """List the browsers that are signed in."""
    services = web.services()
    found = sessions.open_sessions(
        web.reading(),
        web.subject(),
        current_user.facts.session_id,
        now=services.now(),
        idle=timedelta(minutes=services.settings.session_idle_minutes),
    )
    return web.render("profile/sessions.html", found=found)


@bp.post("/profilo/sessioni/chiudi")
def end_session() -> ResponseReturnValue:
    """End one of them; what is not theirs, or over already, changes nothing."""
    form, services = EndSessionForm(request.form), web.services()
    with services.transaction() as session:
        ended = sessions.end_one(session, web.subject(), form.session_id(), now=services.now())
    log.info("session_ended", who=current_user.log_name, session=form.session_id(), ended=ended)
    flash(web.words("profile/_ended_text.html", count=int(ended)), "ok" if ended else "info")
    return web.see_other("profile.sessions_page")


@bp.post("/profilo/sessioni/chiudi-altre")
def end_other_sessions() -> ResponseReturnValue:
    """End all but this one."""
    services = web.services()
    with services.transaction() as session:
        ended = sessions.end_others(session, web.subject(), current_user.facts.session_id, now=services.now())
    log.info("sessions_ended", who=current_user.log_name, count=ended)
    flash(web.words("profile/_ended_text.html", count=ended), "ok" if ended else "info")
    return web.see_other("profile.sessions_page")
