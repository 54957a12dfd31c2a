"""`/profilo/dati`: one's own contacts, and who is invoiced."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from portal import recent, web
from portal.blueprints.people import shown_billing
from portal.domain.billing import IDENTITY_FIELDS
from portal.domain.contacts import CONTACT_FIELDS
from portal.domain.errors import DataRefused, FieldsRefused
from portal.forms.people import KIND, BillingForm, HolderForm
from portal.usecases import profile
from portal.usecases.contacts import ContactEdit

bp = Blueprint("profile_data", __name__)


@bp.get("/profilo/dati")
def show() -> ResponseReturnValue:
    """Show the holder's contacts and the invoice's data."""
    return _page()


@bp.post("/profilo/titolare")
def save_holder() -> ResponseReturnValue:
    """Keep the contacts; a new address has to say yes first."""
    services, form = web.services(), HolderForm(request.form)
    edit = ContactEdit(form.texts, form.email, form.email_again, form.seen, is_proved=recent.is_proved())
    try:
        with services.transaction() as session:
            pending = profile.save_holder(
                session,
                web.subject(),
                edit,
                sealer=services.sealer,
                today=services.today(),
                now=services.now(),
            )
    except FieldsRefused as refusal:
        return _page(422, holder=form, refusal=DataRefused(refusal.problems, ()))
    flash(web.words("profile/_saved_text.html"), "ok")
    if pending:
        flash(web.words("people/_asked_text.html", address=pending), "info")
    return web.see_other("profile_data.show")


@bp.post("/profilo/fatturazione")
def save_billing() -> ResponseReturnValue:
    """Keep who is invoiced; the button beside the kind shows that kind's fields and keeps nothing."""
    services, form = web.services(), BillingForm(request.form)
    kind = form.chosen_kind()
    if request.form.get("step") == KIND or kind is None:
        return _page(200 if kind else 422, billing=form)
    try:
        with services.transaction() as session:
            profile.save_billing(
                session,
                web.subject(),
                kind,
                form.texts,
                split_payment=bool(form.split_payment.data),
                seen=form.seen,
                today=services.today(),
                now=services.now(),
            )
    except FieldsRefused as refusal:
        return _page(422, billing=form, refusal=DataRefused((), refusal.problems))
    flash(web.words("profile/_saved_text.html"), "ok")
    return web.see_other("profile_data.show", _anchor="fattura")


def _page(
    status: int = 200,
    *,
    holder: HolderForm | None = None,
    billing: BillingForm | None = None,
    refusal: DataRefused | None = None,
) -> ResponseReturnValue:
    services = web.services()
    found = profile.look_at_data(web.reading(), web.subject(), today=services.today(), now=services.now())
    values: dict[str, Any] = {
        "found": found,
        "contacts": _contacts(found, holder),
        "billing": shown_billing(found.billing, billing, refusal),
        "billing_identity": IDENTITY_FIELDS,
        "holder_problems": refusal.holder if refusal else [],
        "billing_problems": refusal.billing if refusal else [],
    }
    part = "profile/_billing.html" if request.form.get("step") == KIND else None
    return web.render("profile/data.html", part, status, **values)


def _contacts(found: profile.OwnData, form: HolderForm | None) -> dict[str, Any]:
    """Return what the holder's fields show: what was typed, else what is known."""
    if form is not None:
        return form.values()
    if found.holder is None:
        return {}
    known = {name: getattr(found.holder, name) for name in CONTACT_FIELDS}
    return known | {"contact_email": found.holder.contact_email, "contact_email_again": ""}
