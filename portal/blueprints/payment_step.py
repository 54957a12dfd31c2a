"""`/rinnovo/<draft>/pagamento`: the ways to pay, and with card or PayPal the question about auto-renewal."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import web
from portal.blueprints import refusals
from portal.blueprints.bank_days import bank_calendar
from portal.blueprints.wizard import go_to, immediate_methods, people_of, skipped, step_values
from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.errors import ConsentChanged, PaymentTooLate
from portal.domain.mandates import AutoRenewalQuestion
from portal.forms.renewals import PaymentForm
from portal.usecases import auto_renewal_consents, credit_pages, draft_payments
from portal.usecases.auto_renewal_consents import Answer, Question
from portal.usecases.draft_totals import OpenDraft
from portal.usecases.renewal_steps import Step

bp = Blueprint("payment_step", __name__)
refusals.answer(bp)


@bp.route("/rinnovo/<draft>/pagamento", methods=["GET", "POST"])
def payment(draft: str) -> ResponseReturnValue:
    """Show the ways to pay; keep the one that is chosen, with the answer about auto-renewal."""
    if request.method != "POST":
        return go_to(request.path) if web.wants_part() else _page(draft)
    form = PaymentForm(request.form)
    if form.asks_to_leave_out():
        return _leave_out_too_late(draft)
    offered = draft_payments.offered(immediate_methods())
    if not form.validate() or form.chosen_method() not in offered:
        return _page(draft, 422, errors=["method"], answered=form.answer())
    if _lacks_answer(draft, form):
        return _page(draft, 422, errors=["auto_renewal"], chosen=form.chosen_method())
    try:
        _keep(draft, form)
    except ConsentChanged:
        return _page(draft, 409, errors=["shown"], chosen=form.chosen_method())
    return web.see_other("confirm_step.confirm", draft=draft)


def _lacks_answer(draft: str, form: PaymentForm) -> bool:
    """Say whether a question was asked and not answered: nothing is preselected (C6)."""
    if form.chosen_method() not in GATEWAY_METHODS or form.answer() is not None:
        return False
    found = draft_payments.look_at_payment(
        web.reading(), web.subject(), draft, today=web.services().today(), calendar=bank_calendar()
    )
    question = _question(found.draft)
    return question is not None and question.is_choice


def _question(draft: OpenDraft) -> Question | None:
    gateways = web.services().settings.gateways
    return auto_renewal_consents.look_at_question(
        web.reading(), web.subject(), draft, gateways.auto_renewal_on_card, gateways.mandates
    )


def _keep(draft: str, form: PaymentForm) -> None:
    services, subject, method = web.services(), web.subject(), form.chosen_method()
    today, now = services.today(), services.now()
    mode = services.settings.gateways.auto_renewal_on_card
    wanted = {AutoRenewalQuestion.ON: True, AutoRenewalQuestion.OFF: None}.get(mode, form.answer())
    answer = None if wanted is None else Answer(wanted, request.remote_addr or "", form.shown.data or "")
    limits = services.settings.gateways.mandates
    with services.transaction() as session:
        draft_payments.choose_method(
            session, subject, draft, method, today=today, now=now, calendar=bank_calendar()
        )
        auto_renewal_consents.record_answer(
            session, subject, draft, method, answer, limits, today=today, now=now
        )


def _leave_out_too_late(draft: str) -> ResponseReturnValue:
    services = web.services()
    with services.transaction() as session:
        count = draft_payments.leave_out_too_late(
            session,
            web.subject(),
            draft,
            today=services.today(),
            now=services.now(),
            calendar=bank_calendar(),
        )
    words = render_template("renewals/_left_out_text.html", address="", count=count)
    flash(Markup(words), "ok")  # rendered, and so escaped, just above
    return web.see_other("payment_step.payment", draft=draft)


def _page(draft: str, status: int = 200, **more: object) -> ResponseReturnValue:
    services, session, subject = web.services(), web.reading(), web.subject()
    found = draft_payments.look_at_payment(
        session,
        subject,
        draft,
        today=services.today(),
        calendar=bank_calendar(),
        gateways=immediate_methods(),
    )
    elsewhere = skipped(draft, Step.PAYMENT, found.draft, people_of(found.draft))
    if elsewhere is not None:
        return elsewhere
    values = step_values(draft, Step.PAYMENT, found.draft) | {
        "found": found,
        "totals": found.draft.totals,
        "question": _question(found.draft) if services.gateways.methods else None,
        "resting": services.gateways.resting,
        "credit": credit_pages.offer_for(
            session, subject, found.draft.totals.quote.due_cents, today=services.today()
        ),
        "chosen": found.draft.facts.payment_method,
        "errors": [],
        "answered": None,
        "refusal": None,
    }
    return web.render("renewals/payment.html", None, status, **(values | more))


@bp.errorhandler(PaymentTooLate)
def payment_too_late(refusal: PaymentTooLate) -> ResponseReturnValue:
    """Show the ways to pay again, with the mailboxes that cannot wait for this one."""
    draft = str((request.view_args or {})["draft"])
    return _page(draft, refusals.status_of(refusal), refusal=refusal)
