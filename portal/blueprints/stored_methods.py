"""`/metodi-di-pagamento`: what the account has stored, what renews with each, add, replace, remove."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import till_methods, web
from portal.domain.errors import ConsentChanged
from portal.domain.mandates import METHOD_CONSENT_VERSION, method_standing, shown_code
from portal.forms.payments import StoreForm
from portal.till_methods import RETURN_PATH
from portal.usecases import method_changes
from portal.usecases.method_changes import Wish

bp = Blueprint("stored_methods", __name__)


@bp.get("/metodi-di-pagamento")
def index() -> ResponseReturnValue:
    """List the account's stored methods."""
    found = method_changes.list_methods(web.reading(), web.subject())
    return web.render(
        "payments/methods.html",
        found=found,
        today=web.services().today(),
        standing=method_standing,
        methods=web.services().gateways.methods,
    )


@bp.route("/metodi-di-pagamento/nuovo", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    """Ask what to store and for the mandate; lead to the gateway's page."""
    form = StoreForm(request.form if request.method == "POST" else request.args)
    if request.method != "POST":
        return _form_page(form)
    services = web.services()
    if not form.validate() or form.chosen() not in services.gateways.methods:
        return _form_page(form, 422)
    try:
        page = till_methods.store(services, web.subject(), _wish(form))
    except ConsentChanged:
        return _form_page(form, 409, is_changed=True)
    if page is None:
        return _form_page(form, 503, is_down=True)
    return web.to_gateway(page.url)


@bp.get("/metodi-di-pagamento/<reference>/esito")
def back(reference: str) -> ResponseReturnValue:
    """Ask the gateway whether the method is stored."""
    state = till_methods.look_again(web.services(), web.subject(), reference)
    flash(render_template("payments/_stored_text.html", state=state), "ok" if state == "active" else "info")
    return web.see_other("stored_methods.index")


@bp.route("/metodi-di-pagamento/<reference>/rimuovi", methods=["GET", "POST"])
def remove(reference: str) -> ResponseReturnValue:
    """Say what removing the method stops; remove it."""
    services, subject = web.services(), web.subject()
    if request.method != "POST":
        found = method_changes.look_at_method(web.reading(), subject, reference)
        return web.render("payments/remove_method.html", found=found)
    with services.transaction() as session:
        stopped = method_changes.remove_method(session, subject, reference, now=services.now())
    words = render_template("payments/_removed_text.html", stopped=stopped)
    flash(Markup(words), "ok")  # rendered, and so escaped, just above
    return web.see_other("stored_methods.index")


def _wish(form: StoreForm) -> Wish:
    services, method = web.services(), form.chosen()
    gateway = services.gateways.for_method(method)
    return_to = services.settings.public_url + RETURN_PATH
    address, shown = request.remote_addr or "", form.shown.data or ""
    return Wish(method, gateway.name, address, return_to, shown, form.replaced())


def _form_page(
    form: StoreForm, status: int = 200, *, is_down: bool = False, is_changed: bool = False
) -> ResponseReturnValue:
    session, subject = web.reading(), web.subject()
    method_changes.account_of(subject)
    replaced = method_changes.look_at_method(session, subject, form.replaced()) if form.replaced() else None
    limits = web.services().settings.gateways.mandates
    maximum_cents = method_changes.maximum_of(session, replaced.method if replaced else None, limits)
    return web.render(
        "payments/add_method.html",
        status=status,
        form=form,
        replaced=replaced,
        text_version=METHOD_CONSENT_VERSION,
        maximum_cents=maximum_cents,
        shown=shown_code(METHOD_CONSENT_VERSION, maximum_cents),
        calendar=web.services().settings.auto_renewal.calendar,
        methods=web.services().gateways.methods,
        is_down=is_down,
        is_changed=is_changed,
        is_sent=request.method == "POST",
    )
