"""`/rinnovo/<draft>/dati`: the step «Dati», its holders one by one and who is invoiced."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal import recent, web
from portal.blueprints import refusals
from portal.blueprints.wizard import address_after, go_to, skipped, step_values
from portal.domain.billing import IDENTITY_FIELDS
from portal.domain.contacts import FormCode
from portal.domain.errors import DataRefused
from portal.forms.people import (
    BACK,
    BILLING,
    KIND,
    BillingForm,
    HolderCutForm,
    HolderForm,
    asked_holder,
    asked_rows,
)
from portal.usecases import draft_people
from portal.usecases.billing import Billing, look_at_billing
from portal.usecases.contacts import ContactEdit
from portal.usecases.draft_people import BillingEdit, DataEdit, HolderCut
from portal.usecases.draft_totals import look_at_draft
from portal.usecases.renewal_steps import Step

bp = Blueprint("people", __name__)
refusals.answer(bp)


@bp.route("/rinnovo/<draft>/dati", methods=["GET", "POST"])
def data(draft: str) -> ResponseReturnValue:
    """Show the step; keep what its form sent and go on where nothing is missing."""
    if request.method != "POST":
        return go_to(request.path) if web.wants_part() else _page(draft)
    holder, billing = HolderForm(request.form), BillingForm(request.form)
    opened, step = holder.holder_id(), request.form.get("step", "")
    if step == KIND:
        return _page(draft, holder=holder, billing=billing, opened=opened)
    if step == BACK:
        return _back(draft, holder, billing)
    asked, rows = asked_holder(step), asked_rows(step)
    if asked is not None or rows is not None:
        return _look_elsewhere(draft, holder, billing, asked or 0, rows)
    if billing.was_sent and billing.chosen_kind() is None:
        return _page(draft, 422, holder=holder, billing=billing, opened=opened)
    edit = DataEdit(opened, _contacts(holder), _billing(billing))
    return _refused(draft, edit, holder, billing) or _onward(draft)


@bp.post("/rinnovo/<draft>/dati/titolari/<int:holder>")
def save_holder(draft: str, holder: int) -> ResponseReturnValue:
    """Keep the contacts of one holder of several; come back to the list, and to what was typed below."""
    form, billing, cut = HolderForm(request.form), BillingForm(request.form), _cut()[0]
    refused = _refused(draft, DataEdit(holder, _contacts(form), None), form, billing)
    if refused is not None:
        return refused
    if _is_unsaved(billing):
        return _page(draft, billing=billing, opened=0)
    return web.see_other("people.data", draft=draft, _anchor=f"titolare-{holder}", **cut.query())


def _look_elsewhere(
    draft: str, holder: HolderForm, billing: BillingForm, asked: int, rows: MultiDict[str, str] | None
) -> ResponseReturnValue:
    """Show another holder, or other rows, with nothing lost of what was typed.

    The open holder's is kept, or refused as by «Salva i contatti», unless it shall be left as it is.
    """
    goes_on = bool(asked) or rows is not None
    opened = holder.holder_id()
    if goes_on and opened is not None and holder.is_changed:
        refused = _refused(draft, DataEdit(opened, _contacts(holder), None), holder, billing)
        if refused is not None:
            return refused
    return _page(draft, billing=billing, opened=asked, rows=rows)


def _back(draft: str, holder: HolderForm, billing: BillingForm) -> ResponseReturnValue:
    """Go to the step before: what was typed is kept where it is right, and stops nobody where it is not."""
    changed = DataEdit(holder.holder_id(), _contacts(holder), None) if holder.is_changed else None
    unsaved = DataEdit(None, None, _billing(billing)) if _is_unsaved(billing) else None
    for edit in (changed, unsaved):
        with suppress(DataRefused):
            if edit is not None:
                _save(draft, edit)
    found = look_at_draft(web.reading(), web.subject(), draft, today=web.services().today())
    return go_to(step_values(draft, Step.DATA, found)["previous_href"])


def _refused(
    draft: str, edit: DataEdit, holder: HolderForm, billing: BillingForm
) -> ResponseReturnValue | None:
    """Keep what was sent; return the page that says what is wrong where nothing was kept."""
    try:
        _save(draft, edit)
    except DataRefused as refusal:
        return _page(draft, 422, holder=holder, billing=billing, opened=edit.holder_id, refusal=refusal)
    return None


def _save(draft: str, edit: DataEdit) -> None:
    """Keep what was sent; say so, and where a new address has to say yes first."""
    services = web.services()
    with services.transaction() as session:
        pending = draft_people.save_data(
            session,
            web.subject(),
            draft,
            edit,
            sealer=services.sealer,
            today=services.today(),
            now=services.now(),
        )
    if pending:
        words = render_template("people/_asked_text.html", address=pending)
        flash(Markup(words), "info")  # rendered, and so escaped, just above


def _contacts(form: HolderForm) -> ContactEdit:
    return ContactEdit(form.texts, form.email, form.email_again, form.seen, is_proved=recent.is_proved())


def _billing(form: BillingForm) -> BillingEdit | None:
    kind = form.chosen_kind()
    return BillingEdit(kind, form.texts, bool(form.split_payment.data), form.seen) if kind else None


def _is_unsaved(billing: BillingForm) -> bool:
    """Say whether the invoice's fields hold something that is not kept yet."""
    known = look_at_billing(web.reading(), web.subject(), today=web.services().today())
    typed = {name: text for name, text in billing.texts.items() if f"{BILLING}{name}" in request.form}
    same = all(known.texts[name] == text.strip() for name, text in typed.items())
    return billing.was_sent and not (same and billing.chosen_kind() is known.kind)


def _onward(draft: str) -> ResponseReturnValue:
    """Go to the next step, or back to what is still missing."""
    services = web.services()
    found = draft_people.look_at_data(
        web.reading(), web.subject(), draft, HolderCut(), today=services.today(), now=services.now()
    )
    if found.people.is_done:
        return go_to(address_after(draft, Step.DATA))
    return web.see_other("people.data", draft=draft, prosegui="no", _anchor="titolari")


def _cut(
    opened: int | None = None, rows: MultiDict[str, str] | None = None
) -> tuple[HolderCutForm, HolderCut, int | None]:
    form = HolderCutForm(request.args if rows is None else rows)
    form.validate()
    cut = HolderCut(form.asks_for_incomplete(), form.number(form.after), form.number(form.before))
    return form, cut, form.number(form.opened) if opened is None else opened


def _page(
    draft: str,
    status: int = 200,
    *,
    holder: HolderForm | None = None,
    billing: BillingForm | None = None,
    opened: int | None = None,
    refusal: DataRefused | None = None,
    rows: MultiDict[str, str] | None = None,
) -> ResponseReturnValue:
    form, cut, wanted = _cut(opened, rows)
    services = web.services()
    found = draft_people.look_at_data(
        web.reading(), web.subject(), draft, cut, today=services.today(), now=services.now()
    )
    elsewhere = skipped(draft, Step.DATA, found.draft)
    if elsewhere is not None:
        return elsewhere
    values: dict[str, Any] = {
        "found": found,
        "totals": found.draft.totals,
        "opened": wanted,
        "typed": holder.values() if holder else None,
        "billing": shown_billing(found.people.billing, billing, refusal),
        "holder_problems": refusal.holder if refusal else [],
        "billing_problems": refusal.billing if refusal else [],
        "query": form.query(),
        "billing_identity": IDENTITY_FIELDS,
        "problems_asked": "prosegui" in request.args,
    }
    part = "people/_billing.html" if request.form.get("step") == KIND else None
    frame = step_values(draft, Step.DATA, found.draft)
    return web.render("people/data.html", part, status, **frame, **values)


def shown_billing(stored: Billing, sent: BillingForm | None, refusal: DataRefused | None) -> dict[str, Any]:
    """Return what the invoice's fields show: what was typed, else what is known."""
    known = {
        "kind": stored.kind,
        "texts": stored.texts,
        "split_payment": stored.split_payment,
        "account": stored.account,
        "is_stored": stored.is_stored,
        "mark": stored.mark,
        "kept": stored.texts,
    }
    if sent is None or not sent.was_sent:
        return known
    kind = sent.chosen_kind() or stored.kind
    was_told = (
        any(problem.code == FormCode.CHANGED_MEANWHILE for problem in refusal.billing) if refusal else False
    )
    return known | {
        "kind": kind,
        "texts": sent.texts,
        "split_payment": bool(sent.split_payment.data),
        "mark": stored.mark if was_told or sent.seen is None else sent.seen,
    }
