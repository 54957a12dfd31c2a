"""`/profilo/avvisi` and `/caselle/<address>/avvisi`: where notices go besides, by links that say yes."""

from __future__ import annotations

from flask import Blueprint, flash, request, session
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal import web
from portal.domain.access import Subject
from portal.domain.contacts import AddressUse
from portal.domain.errors import FieldProblem, NotFound
from portal.forms.profile import AddressForm, RemoveAddressForm
from portal.usecases import notice_addresses
from portal.usecases.notice_addresses import Wish

bp = Blueprint("notice_addresses", __name__)
KEPT_AS = "address_token"
"""Where the browser keeps the token, so that no page's address holds it (S22)."""
LONGEST_TOKEN = 100


@bp.get("/profilo/avvisi")
def show() -> ResponseReturnValue:
    """Show where one's notices go."""
    return _page(web.subject(), "")


@bp.post("/profilo/avvisi")
def ask() -> ResponseReturnValue:
    """Write to a new address, which has to say yes."""
    return _ask(web.subject(), "")


@bp.post("/profilo/avvisi/rimuovi")
def remove() -> ResponseReturnValue:
    """Write there no longer."""
    return _remove(web.subject(), "")


@bp.get("/caselle/<address>/avvisi")
def show_mailbox(address: str) -> ResponseReturnValue:
    """Show where one mailbox's notices go besides."""
    return _page(_mailbox(address), address)


@bp.post("/caselle/<address>/avvisi")
def ask_mailbox(address: str) -> ResponseReturnValue:
    """Write to a new address about one mailbox."""
    return _ask(_mailbox(address), address)


@bp.post("/caselle/<address>/avvisi/rimuovi")
def remove_mailbox(address: str) -> ResponseReturnValue:
    """Write about one mailbox there no longer."""
    return _remove(_mailbox(address), address)


@bp.get("/conferma-avvisi/<token>")
def open_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address; programs that follow links in mails change nothing by this."""
    session[KEPT_AS] = token[:LONGEST_TOKEN]
    return web.see_other("notice_addresses.confirm")


@bp.route("/conferma-avvisi", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Ask whether to use the address; use it from now on."""
    services, token = web.services(), str(session.get(KEPT_AS, ""))
    if request.method != "POST":
        found = notice_addresses.look_at_link(web.reading(), token, now=services.now())
        status = 200 if found else 410
        return web.render("profile/confirm_address.html", status=status, found=found, done=False)
    try:
        with services.transaction() as writing:
            used = notice_addresses.confirm_address(writing, token, now=services.now())
    except NotFound:
        return web.render("profile/confirm_address.html", status=410, found=None, done=False)
    session.pop(KEPT_AS, None)
    return web.render("profile/confirm_address.html", found=used, done=True)


def _mailbox(address: str) -> Subject:
    return notice_addresses.whose(web.reading(), web.subject(), address)


def _ask(owner: Subject, address: str) -> ResponseReturnValue:
    services, form = web.services(), AddressForm(request.form)
    try:
        with services.transaction() as writing:
            asked = notice_addresses.ask_address(
                writing, owner, _wish(form), sealer=services.sealer, now=services.now()
            )
    except FieldProblem as problem:
        return _page(owner, address, form, problem, 422)
    if asked:
        flash(web.words("people/_asked_text.html", address=asked), "info")
    return _back(address)


def _wish(form: AddressForm) -> Wish:
    purpose = AddressUse.ACCOUNT if form.is_own else AddressUse.NOTICES
    return Wish(purpose, form.email.data or "", form.email_again.data or "")


def _remove(owner: Subject, address: str) -> ResponseReturnValue:
    services, form = web.services(), RemoveAddressForm(request.form)
    with services.transaction() as writing:
        removed = notice_addresses.remove_address(writing, owner, form.number(), now=services.now())
    if removed:
        flash(web.words("profile/_saved_text.html"), "ok")
    return _back(address)


def _back(address: str) -> Response:
    if address:
        return web.see_other("notice_addresses.show_mailbox", address=address)
    return web.see_other("notice_addresses.show")


def _page(
    owner: Subject,
    address: str,
    form: AddressForm | None = None,
    problem: FieldProblem | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    found = notice_addresses.look_at_addresses(web.reading(), owner, now=web.services().now())
    return web.render(
        "profile/notices.html",
        status=status,
        found=found,
        address=address,
        typed=form,
        problem=problem,
        at_most=notice_addresses.FURTHER_AT_MOST,
    )
