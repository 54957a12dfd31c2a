"""`/rinnovo`: from one mailbox or a selection through «Piano» to «Pagamento»."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import web
from portal.blueprints import plan_step, refusals
from portal.blueprints.wizard import address_after, go_to
from portal.domain.errors import (
    ConventionNotPayable,
    DraftStale,
    LineBlocked,
    MailboxNotRenewable,
    NotAllowed,
    PlanNotOffered,
    PriceMissing,
    TermNotOffered,
)
from portal.forms.renewals import BulkForm, ChangeForm
from portal.usecases import line_changes, renewal_pages, renewals
from portal.usecases.line_changes import ChangedLine, LineChange, PageMark
from portal.usecases.renewal_steps import Step

bp = Blueprint("renewals", __name__)
refusals.answer(bp)

ROW_REFUSALS = (
    ConventionNotPayable,
    DraftStale,
    LineBlocked,
    MailboxNotRenewable,
    NotAllowed,
    PlanNotOffered,
    PriceMissing,
    TermNotOffered,
)
"""What a row itself can tell, beside the choice that was refused."""


@bp.route("/caselle/<address>/rinnova", methods=["GET", "POST"])
def prepare(address: str) -> ResponseReturnValue:
    """Say what renewing this mailbox means, or why it cannot be; begin the draft."""
    services, subject = web.services(), web.subject()
    if request.method == "POST":
        try:
            with services.transaction() as session:
                draft = renewals.begin(session, subject, address, today=services.today(), now=services.now())
        except MailboxNotRenewable:
            return _preparation(address, 409)
        return web.see_other("renewals.plan", draft=draft)
    return _preparation(address)


def _preparation(address: str, status: int = 200) -> ResponseReturnValue:
    found = renewal_pages.prepare(web.reading(), web.subject(), address, today=web.services().today())
    return web.render("renewals/prepare.html", status=status, found=found)


@bp.post("/rinnovo")
def start() -> ResponseReturnValue:
    """Make or resume the draft of the account's selection."""
    services = web.services()
    with services.transaction() as session:
        draft = renewals.start(session, web.subject(), today=services.today(), now=services.now())
    return web.see_other("renewals.plan", draft=draft)


@bp.get("/rinnovo/<draft>")
def plan(draft: str) -> ResponseReturnValue:
    """Show the step «Piano», or the inside of one row of it."""
    opened = request.args.get("apri")
    if web.wants_part() and opened:
        return plan_step.row_part(draft, opened)
    return plan_step.plan_page(draft, problems_asked="prosegui" in request.args)


@bp.post("/rinnovo/<draft>/caselle/<address>")
def change(draft: str, address: str) -> ResponseReturnValue:
    """Change one row, or take it out of the renewal."""
    form = ChangeForm(request.form)
    if form.asks_to_leave_out():
        return _leave_out(draft, address)
    if not form.validate():
        return plan_step.refused_row(draft, address, errors=sorted(form.errors))
    try:
        changed = _changed(draft, address, form)
    except ROW_REFUSALS as refusal:
        return plan_step.refused_row(draft, address, refusal)
    if form.asks_to_go_on():
        return go_to(address_after(draft, Step.PLAN))
    if web.wants_part():
        return plan_step.changed_row(draft, changed, form.page.data or "")
    return plan_step.back_to_plan(draft, _pressed(form, changed.row.line_id), apri=address)


def _changed(draft: str, address: str, form: ChangeForm) -> ChangedLine:
    mark = PageMark(form.version.data or 1, form.page.data or "", form.turn.data or 0)
    wanted = LineChange(form.choice(), form.archive_deletion_accepted.data, mark)
    services = web.services()
    with services.transaction() as session:
        return line_changes.change(
            session, web.subject(), draft, address, wanted, today=services.today(), now=services.now()
        )


def _pressed(form: ChangeForm, line_id: int) -> str:
    """Return the id of the control that was used, so that the page without scripts comes back to it."""
    step = form.step.data or ""
    place = {"extra_mailbox_gb": "spazio", "extra_archive_gb": "archivio"}.get(step.split(":")[0], "modulo")
    return f"{place}-{line_id}"


def _leave_out(draft: str, address: str) -> ResponseReturnValue:
    services = web.services()
    with services.transaction() as session:
        renewals.leave_out(session, web.subject(), draft, address, today=services.today(), now=services.now())
    _say("renewals/_left_out_text.html", address=address, count=1)
    return plan_step.back_to_plan(draft)


@bp.post("/rinnovo/<draft>/tutte")
def apply_to_all(draft: str) -> ResponseReturnValue:
    """Give all rows one plan and one term, or take those out that cannot go on."""
    form = BulkForm(request.form)
    services, subject = web.services(), web.subject()
    today, now = services.today(), services.now()
    if form.asks_to_leave_out():
        with services.transaction() as session:
            count = renewals.leave_out_to_fix(session, subject, draft, today=today, now=now)
        _say("renewals/_left_out_text.html", address="", count=count)
        return web.see_other("renewals.plan", draft=draft)
    if not form.validate() or not (form.plan.data or form.years.data):
        return plan_step.plan_page(draft, status=422, errors=["bulk"])
    with services.transaction() as session:
        done = renewals.apply_to_all(
            session, subject, draft, form.chosen_plan(), form.years.data, today=today, now=now
        )
    _say("renewals/_applied_text.html", done=done)
    return plan_step.back_to_plan(draft)


@bp.post("/rinnovo/<draft>/abbandona")
def discard(draft: str) -> ResponseReturnValue:
    """Put the draft aside."""
    services = web.services()
    with services.transaction() as session:
        renewals.discard(session, web.subject(), draft, now=services.now())
    _say("renewals/_discarded_text.html")
    return web.see_other("mailboxes.index")


def _say(template: str, **values: object) -> None:
    flash(Markup(render_template(template, **values)), "ok")  # rendered, and so escaped, just here
