"""`/profilo/verifica`: the second step, switched on and off by its owner."""

from __future__ import annotations

import segno
import structlog
from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import login, proofs, rate_limits, web
from portal.domain.errors import NotFound
from portal.forms.profile import CodeForm, PasskeyForm, RemoveForm
from portal.usecases import passkeys, second_steps

bp = Blueprint("profile_second_step", __name__)
log = structlog.get_logger()


@bp.get("/profilo/verifica")
def index() -> ResponseReturnValue:
    """Say by what the second step can be taken, and how to change that."""
    session, subject = web.reading(), web.subject()
    return web.render(
        "profile/second_step.html",
        ways=second_steps.look_at_ways(session, subject),
        keys=passkeys.list_passkeys(session, subject),
    )


@bp.post("/profilo/verifica/app/inizia")
def begin_totp() -> ResponseReturnValue:
    """Make a secret, to be shown on the next page until the app has proved that it knows it."""
    services = web.services()
    with services.transaction() as session:
        second_steps.begin_totp(session, web.subject(), sealer=services.sealer, now=services.now())
    return web.see_other("profile_second_step.totp")


@bp.route("/profilo/verifica/app", methods=["GET", "POST"])
def totp() -> ResponseReturnValue:
    """Show the QR code; switch on once the app shows the right code."""
    services, form = web.services(), CodeForm(request.form)
    if request.method != "POST":
        return _totp_page(form)
    rate_limits.begin_try(rate_limits.session_key(current_user.facts.session_id))
    with services.transaction() as session:
        codes = second_steps.confirm_totp(
            session, web.subject(), form.code, sealer=services.sealer, now=services.now()
        )
    if codes is None:
        return _totp_page(form, 422)
    rate_limits.take_back_try(rate_limits.session_key(current_user.facts.session_id))
    login.keep_this_session_alone()
    log.info("second_step_on", who=current_user.log_name)
    return _codes_page(codes)


@bp.post("/profilo/verifica/app/rimuovi")
def remove_totp() -> ResponseReturnValue:
    """Switch the app off."""
    services = web.services()
    with services.transaction() as session:
        was_on = second_steps.remove_totp(session, web.subject(), now=services.now())
    if was_on:
        flash(web.words("profile/_totp_off_text.html"), "ok")
    return web.see_other("profile_second_step.index")


@bp.post("/profilo/verifica/codici")
def codes() -> ResponseReturnValue:
    """Show new recovery codes; the old ones are worthless."""
    services = web.services()
    with services.transaction() as session:
        made = second_steps.renew_codes(session, web.subject(), now=services.now())
    return _codes_page(made)


@bp.post("/profilo/verifica/passkey/sfida")
def passkey_challenge() -> ResponseReturnValue:
    """Give the browser what it needs to make a passkey."""
    services, account_id = web.services(), web.subject().account_id
    if account_id is None:
        raise NotFound
    with services.transaction() as session:
        options = passkeys.offer_registration(
            session, account_id, current_user.identifier, proofs.site(), now=services.now()
        )
    return Response(options, mimetype="application/json")


@bp.post("/profilo/verifica/passkey")
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the browser has made."""
    services, form, subject = web.services(), PasskeyForm(request.form), web.subject()
    if subject.account_id is None:
        raise NotFound
    with services.transaction() as session:
        made = passkeys.add_passkey(
            session, subject.account_id, form.answer, form.name, proofs.site(), subject, now=services.now()
        )
    if made is None:
        flash(web.words("profile/_passkey_failed_text.html"), "bad")
        return web.see_other("profile_second_step.index")
    login.keep_this_session_alone()
    log.info("passkey_added", who=current_user.log_name)
    flash(web.words("profile/_passkey_added_text.html"), "ok")
    return _codes_page(made) if made else web.see_other("profile_second_step.index")


@bp.post("/profilo/verifica/passkey/rimuovi")
def remove_passkey() -> ResponseReturnValue:
    """Forget a passkey; what is another's is none."""
    services, form = web.services(), RemoveForm(request.form)
    if web.subject().account_id is None:
        raise NotFound
    with services.transaction() as session:
        removed = passkeys.remove_passkey(session, web.subject(), form.number(), now=services.now())
    if removed:
        flash(web.words("profile/_passkey_removed_text.html"), "ok")
    return web.see_other("profile_second_step.index")


def _totp_page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    services = web.services()
    found = second_steps.look_at_enrolment(
        web.reading(),
        web.subject(),
        current_user.identifier,
        services.settings.brand.name,
        sealer=services.sealer,
    )
    if found is None:
        return web.see_other("profile_second_step.index")
    drawing = segno.make(found.address, error="m").svg_data_uri(scale=5, border=4, light="white")
    return web.render("profile/totp.html", None, status, found=found, drawing=drawing, refused=status != 200)


def _codes_page(made: list[str]) -> ResponseReturnValue:
    return web.render("profile/codes.html", codes=made)
