"""How the step «Piano» answers: the whole page, one row, or what changed in a row and in the sums."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import web
from portal.blueprints.refusals import status_of
from portal.blueprints.wizard import address_after, go_to, step_values
from portal.domain.errors import DomainError, LineBlocked
from portal.domain.plans import PLANS
from portal.forms.renewals import CutForm
from portal.usecases import renewal_pages
from portal.usecases.line_changes import ChangedLine
from portal.usecases.renewal_pages import Cut, Show
from portal.usecases.renewal_steps import Step


def asked_cut(opened: str | None = None) -> tuple[CutForm, Cut]:
    """Return which rows the address asks for, and which of them is open."""
    form = CutForm(request.args)
    form.validate()
    cut = Cut(
        Show(form.shown()),
        form.number_after(),
        form.number_before(),
        opened or form.opened.data or None,
    )
    return form, cut


def plan_page(
    draft: str,
    *,
    status: int = 200,
    opened: str | None = None,
    refusal: DomainError | None = None,
    **more: Any,
) -> ResponseReturnValue:
    """Return the page of the step, with what was just refused in its row if there is one open."""
    form, cut = asked_cut(opened)
    services = web.services()
    step = renewal_pages.look_at_plan(web.reading(), web.subject(), draft, cut, today=services.today())
    values = {
        "step": step,
        "totals": step.draft.totals,
        "cut": cut,
        "query": form.query(),
        "open_href": _open_href(draft, form.query()),
        "refusal": refusal,
        "refused_address": opened,
        "errors": [],
        "problems_asked": False,
        "left_out": None,
        "next_href": address_after(draft, Step.PLAN),
    }
    return web.render(
        "renewals/plan.html",
        None,
        status,
        **step_values(draft, Step.PLAN, step.draft),
        **row_values(),
        **(values | more),
    )


def _open_href(draft: str, query: dict[str, Any]) -> Callable[[str], str]:
    """Return a function from a mailbox's address to that of its open row, built once for fifty rows."""
    before, after = url_for("renewals.plan", draft=draft, **query, apri="~").split("~")
    return lambda address: f"{before}{quote(address, safe='@')}{after}"


def row_part(draft: str, address: str) -> ResponseReturnValue:
    """Return the inside of a row that is being opened."""
    row, offers, found = renewal_pages.look_at_row(
        web.reading(), web.subject(), draft, address, today=web.services().today()
    )
    return render_template(
        "renewals/_row_inside.html",
        row=row,
        offers=offers,
        totals=found.totals,
        refusal=None,
        errors=[],
        query=asked_cut()[0].query(),
        **row_values(draft),
    )


def changed_row(draft: str, changed: ChangedLine, page: str) -> ResponseReturnValue:
    """Return a row's choices, its head and the sums after a change."""
    return render_template(
        "renewals/_changed.html",
        row=changed.row,
        offers=changed.offers,
        totals=changed.totals,
        refusal=None,
        errors=[],
        **row_values(draft, page),
    )


def refused_row(
    draft: str, address: str, refusal: DomainError | None = None, errors: list[str] | None = None
) -> ResponseReturnValue:
    """Return the row as it is stored, with the reason why it was not changed; the page without htmx.

    The page keeps what was typed, which is several changes at once; one alone is taken back. Raises NotFound
    for a mailbox that is not in the draft, whatever was wrong with the form.
    """
    status = status_of(refusal) if refusal else 422
    row, offers, found = renewal_pages.look_at_row(
        web.reading(), web.subject(), draft, address, today=web.services().today()
    )
    if not web.wants_part():
        typed = request.form if refusal is None or isinstance(refusal, LineBlocked) else None
        return plan_page(
            draft, status=status, opened=address, refusal=refusal, errors=errors or [], typed=typed
        )
    body = render_template(
        "renewals/_changed.html",
        row=row,
        offers=offers,
        totals=found.totals,
        refusal=refusal,
        errors=errors or [],
        **row_values(draft),
    )
    return body, status


def back_to_plan(draft: str, anchor: str | None = None, **query: str) -> ResponseReturnValue:
    """Redirect to the place in the step that a form without htmx was posted from."""
    form, cut = asked_cut()
    if web.wants_part():
        return go_to(url_for("renewals.plan", draft=draft, **form.query()))
    opened = {"apri": cut.opened} if cut.opened else {}
    return web.see_other("renewals.plan", draft=draft, _anchor=anchor, **(form.query() | opened | query))


def row_values(draft: str | None = None, page: str | None = None) -> dict[str, Any]:
    """Return what a row's form needs: the draft's name and the name of this drawing of it."""
    named = {"draft": draft} if draft else {}
    return named | {"page": page or secrets.token_urlsafe(9), "plan_facts": PLANS}
