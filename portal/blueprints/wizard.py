"""The wizard's frame: its steps with their addresses, and moving between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, make_response, redirect, url_for
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.payments import PaymentMethod
from portal.usecases import credit_pages
from portal.usecases.draft_people import People, look_at_people
from portal.usecases.draft_totals import OpenDraft
from portal.usecases.renewal_steps import Step, first_open, steps_of

ENDPOINTS: dict[Step, str] = {
    Step.PLAN: "renewals.plan",
    Step.EXTRA: "renewal_extras.choose",
    Step.DATA: "people.data",
    Step.PAYMENT: "payment_step.payment",
    Step.CONFIRM: "confirm_step.confirm",
}

_STOP_ON_THE_WAY = {Step.DATA: Step.EXTRA}
"""Where the ordinary way from «Piano» leads through: nobody has skipped anything there."""


def step_values(draft: str, current: Step, found: OpenDraft) -> dict[str, Any]:
    """Return what the stepper needs: the steps, where we are, the addresses to go back to."""
    steps = steps_of(found)
    number = steps.index(current) + 1
    back = {
        position: url_for(ENDPOINTS[step], draft=draft)
        for position, step in enumerate(steps, 1)
        if position < number
    }
    return {
        "draft": draft,
        "steps": steps,
        "step_number": number,
        "step_hrefs": back,
        "previous_href": back.get(number - 1),
    }


def address_after(draft: str, step: Step) -> str:
    """Return the address of the step that follows; whoever must stop at «Extra» first is led there by it."""
    later = [each for each in list(Step)[list(Step).index(step) + 1 :] if each is not Step.EXTRA]
    return url_for(ENDPOINTS[later[0]], draft=draft)


def people_of(draft: OpenDraft) -> People:
    """Return how far the data of «Dati» are, which the steps after it need."""
    services = web.services()
    return look_at_people(
        web.reading(), web.subject(), draft.facts.id, today=services.today(), now=services.now()
    )


def skipped(
    draft: str, wanted: Step, found: OpenDraft, people: People | None = None
) -> ResponseReturnValue | None:
    """Return the way to the first step that is not done, or None where the wanted one is open (S10).

    What comes after «Dati» needs `people`.
    """
    step = first_open(wanted, found, people)
    if step is wanted:
        return None
    query: dict[str, Any] = {"prosegui": "no"} if step in (Step.PLAN, Step.DATA) else {}
    if not query and step is not _STOP_ON_THE_WAY.get(wanted):
        flash(web.words("renewals/_skipped_text.html", wanted=wanted, step=step), "info")
    return go_to(url_for(ENDPOINTS[step], draft=draft, **query))


def immediate_methods() -> Sequence[PaymentMethod]:
    """Return the methods that pay at once: those of the gateways, and credit where there is some."""
    services = web.services()
    gateways = services.gateways.methods
    credit = credit_pages.offer_for(web.reading(), web.subject(), 0, today=services.today())
    return [*gateways, PaymentMethod.CREDIT] if credit and credit.balance_cents else gateways


def go_to(address: str) -> ResponseReturnValue:
    """Make the browser go to one of our own addresses, whether htmx asked or the browser itself."""
    if not web.wants_part():
        return redirect(address, code=303)
    response = make_response("", 200)
    response.headers["HX-Redirect"] = address
    return response
