"""`/rinnovo/<draft>/conferma`: the summary and the texts to agree to; places the order."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from portal import languages, recent, web
from portal.blueprints import plan_step, refusals
from portal.blueprints.bank_days import CLOSED_DAYS, bank_calendar
from portal.blueprints.paying import lead_to_page
from portal.blueprints.wizard import immediate_methods, people_of, skipped, step_values
from portal.domain.errors import (
    ConsentTooSmall,
    ContractChanged,
    ContractMissing,
    ContractNotAccepted,
    ConventionNotPayable,
    DataMissing,
    DomainError,
    DraftStale,
    LineBlocked,
    OpenOrderExists,
    PlanNotOffered,
    PriceChanged,
    PriceMissing,
    QuoteChanged,
    StartNotRequested,
    TermNotOffered,
)
from portal.domain.plans import PLANS
from portal.failpoints import Failpoint, reach
from portal.forms.confirm import ConfirmForm
from portal.usecases import auto_renewal_consents, contracts, orders, renewal_pages, withdrawal_terms
from portal.usecases.quotes import fingerprint_of, told_of
from portal.usecases.renewal_steps import Step, first_open

bp = Blueprint("confirm_step", __name__)
refusals.answer(bp)

SHOWN_HERE = (
    ContractChanged,
    ContractMissing,
    ContractNotAccepted,
    DataMissing,
    DraftStale,
    OpenOrderExists,
    PriceChanged,
    StartNotRequested,
    QuoteChanged,
)
"""What the summary itself can tell, with the answers given so far."""
NOT_SOLD = (ConventionNotPayable, LineBlocked, PlanNotOffered, PriceMissing, TermNotOffered)
"""What only the step «Piano» can put right."""


@bp.route("/rinnovo/<draft>/conferma", methods=["GET", "POST"])
def confirm(draft: str) -> ResponseReturnValue:
    """Show the summary; place the order at the price that was shown and by the texts that were accepted."""
    if request.method != "POST":
        return _confirm_page(draft, ConfirmForm())
    form = ConfirmForm(request.form)
    if not form.validate():
        return _confirm_page(draft, form, 422, DraftStale())
    shown = orders.Shown(
        form.shown_due_cents.data or 0, form.shown_version.data or 0, form.shown_quote.data or ""
    )
    services = web.services()
    try:
        with services.transaction() as session:
            order = orders.place_order(
                session,
                web.subject(),
                draft,
                shown=shown,
                agreement=form.agreement(request.remote_addr or ""),
                calendar=bank_calendar(),
                now=services.now(),
            )
            recent.demand_for(auto_renewal_consents.wants_mandate(session, order))  # S20: nothing is kept
    except ConsentTooSmall:
        flash(render_template("renewals/_ask_again_text.html"), "warn")
        return web.see_other("payment_step.payment", draft=draft)
    except SHOWN_HERE as refusal:
        return _confirm_page(draft, form, refusals.status_of(refusal), refusal)
    except NOT_SOLD as refusal:
        return plan_step.plan_page(draft, status=refusals.status_of(refusal), refusal=refusal)
    reach(Failpoint.ORDER_COMMITTED)
    if order.payment_method in services.gateways.methods:
        return lead_to_page(order.number, order.payment_method)
    return web.see_other("orders.show", number=order.number)


def _confirm_page(
    draft: str, form: ConfirmForm, status: int = 200, refusal: DomainError | None = None
) -> ResponseReturnValue:
    cut_form, cut = plan_step.asked_cut()
    session, subject, today = web.reading(), web.subject(), web.services().today()
    gateways = web.services().gateways.methods
    found = renewal_pages.look_at_confirmation(
        session, subject, draft, cut, today=today, calendar=bank_calendar(), gateways=immediate_methods()
    )
    if first_open(Step.CONFIRM, found.draft) is Step.PLAN and refusal is not None:
        return plan_step.plan_page(draft, status=status, refusal=refusal)
    people = people_of(found.draft)
    elsewhere = skipped(draft, Step.CONFIRM, found.draft, people)
    if elsewhere is not None:
        return elsewhere
    texts = contracts.texts_to_accept(session, today=today, language=languages.current().code)
    return web.render(
        "renewals/confirm.html",
        None,
        status,
        **step_values(draft, Step.CONFIRM, found.draft),
        found=found,
        people=people,
        totals=found.draft.totals,
        fingerprint=fingerprint_of(told_of(found.draft)),
        texts=texts,
        terms=withdrawal_terms.look_at_terms(
            session, subject, found.draft.facts.id, today=today, closed=CLOSED_DAYS
        ),
        start_requested=form.start_requested.data,
        answers=form.answers_about({text.kind: text.id for text in texts}),
        query=cut_form.query(),
        refusal=refusal,
        plan_facts=PLANS,
        renews_itself=auto_renewal_consents.answer_in(session, found.draft) if gateways else None,
    )
