"""`/caselle/rinnovo-automatico`: the switch for all that is selected."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.errors import AutoRenewalRefused
from portal.domain.mandates import MAILBOX_CONSENT_VERSION
from portal.forms.auto_renewal import LimitForm, SwitchForm
from portal.usecases import auto_renewals_of_many
from portal.usecases.auto_renewals import Wish

bp = Blueprint("auto_renewal_many", __name__)


@bp.get("/caselle/rinnovo-automatico")
def show() -> ResponseReturnValue:
    """Show how many, what they cost by month, and what is left out; `limite` is another limit to try."""
    asked = LimitForm(request.args)
    problems = {"limite": "format"} if asked.is_unreadable() else {}
    return _page(SwitchForm(), problems, asked.cents(), 422 if problems else 200)


@bp.post("/caselle/rinnovo-automatico")
def switch_on() -> ResponseReturnValue:
    """Switch the selection on."""
    form, services = SwitchForm(request.form), web.services()
    maximum_cents, problems = form.maximum_cents(), form.problems()
    if problems:
        return _page(form, problems, maximum_cents, 422)
    wish = Wish(
        form.method.data or "",
        maximum_cents or 0,
        request.remote_addr or "",
        credit_first=bool(form.credit_first.data),
    )
    try:
        with services.transaction() as session:
            count = auto_renewals_of_many.switch_many_on(
                session, web.subject(), wish, today=services.today(), now=services.now()
            )
    except AutoRenewalRefused as refusal:
        return _page(form, {refusal.field: refusal.problem}, maximum_cents, 422)
    flash(web.words("mailboxes/_switched_many_text.html", is_on=True, count=count, off=None), "ok")
    return web.see_other("mailboxes.index")


@bp.post("/caselle/rinnovo-automatico/disattiva")
def switch_off() -> ResponseReturnValue:
    """Switch the selection off, or all that the account has switched on."""
    services, everything = web.services(), request.form.get("quali") == "tutte"
    with services.transaction() as session:
        off = auto_renewals_of_many.switch_many_off(
            session, web.subject(), everything=everything, today=services.today(), now=services.now()
        )
    flash(web.words("mailboxes/_switched_many_text.html", is_on=False, count=off.count, off=off), "ok")
    return web.see_other("mailboxes.index")


def _page(
    form: SwitchForm, problems: Mapping[str, str], maximum_cents: int | None, status: int
) -> ResponseReturnValue:
    services = web.services()
    found = auto_renewals_of_many.look_at_many(
        web.reading(),
        web.subject(),
        maximum_cents,
        services.settings.gateways.mandates,
        today=services.today(),
    )
    return web.render(
        "mailboxes/auto_renewal_many.html",
        status=status,
        found=found,
        form=form,
        problems=problems,
        text_version=MAILBOX_CONSENT_VERSION,
        calendar=services.settings.auto_renewal.calendar,
        greatest_cents=services.settings.auto_renewal.greatest_maximum_cents,
    )
