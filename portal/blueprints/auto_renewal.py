"""`/caselle/<address>/rinnovo-automatico`: the next charge, and the switch."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.errors import AutoRenewalRefused
from portal.domain.mandates import MAILBOX_CONSENT_VERSION
from portal.forms.auto_renewal import SwitchForm
from portal.usecases import auto_renewals
from portal.usecases.auto_renewals import Wish

bp = Blueprint("auto_renewal", __name__)


@bp.get("/caselle/<address>/rinnovo-automatico")
def show(address: str) -> ResponseReturnValue:
    """Show what happens next, and what can be changed."""
    return _page(address, SwitchForm(), {})


@bp.post("/caselle/<address>/rinnovo-automatico")
def switch_on(address: str) -> ResponseReturnValue:
    """Switch it on, or change method and maximum."""
    form, services = SwitchForm(request.form), web.services()
    problems = form.problems()
    if problems:
        return _page(address, form, problems, 422)
    wish = Wish(
        form.method.data or "",
        form.maximum_cents() or 0,
        request.remote_addr or "",
        credit_first=bool(form.credit_first.data),
    )
    try:
        with services.transaction() as session:
            auto_renewals.switch_on(
                session, web.subject(), address, wish, today=services.today(), now=services.now()
            )
    except AutoRenewalRefused as refusal:
        return _page(address, form, {refusal.field: refusal.problem}, 422)
    flash(web.words("mailboxes/_switched_text.html", is_on=True, order=None), "ok")
    return web.see_other("auto_renewal.show", address=address)


@bp.post("/caselle/<address>/rinnovo-automatico/disattiva")
def switch_off(address: str) -> ResponseReturnValue:
    """Switch it off at once."""
    services = web.services()
    with services.transaction() as session:
        order = auto_renewals.switch_off(
            session, web.subject(), address, today=services.today(), now=services.now()
        )
    flash(web.words("mailboxes/_switched_text.html", is_on=False, order=order), "ok")
    return web.see_other("auto_renewal.show", address=address)


def _page(
    address: str, form: SwitchForm, problems: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    services = web.services()
    found = auto_renewals.look_at_switch(web.reading(), web.subject(), address, today=services.today())
    return web.render(
        "mailboxes/auto_renewal.html",
        status=status,
        found=found,
        proposed_cents=found.proposed_maximum(services.settings.gateways.mandates),
        form=form,
        problems=problems,
        text_version=MAILBOX_CONSENT_VERSION,
        calendar=services.settings.auto_renewal.calendar,
    )
