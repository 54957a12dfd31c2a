"""`/caselle`: the account's list, and one mailbox."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.lifecycle import Capabilities
from portal.domain.listing import Listing
from portal.forms.mailboxes import DEFAULT_MONTHS, ListForm, query_of
from portal.usecases import correspondence, credit_needs, mailboxes
from portal.usecases.credit_needs import Need
from portal.usecases.mailboxes import MailboxDetails, MailboxList

bp = Blueprint("mailboxes", __name__)


@bp.get("/caselle")
def index() -> ResponseReturnValue:
    """Show one page of the list; whoever has a single mailbox goes to it at once."""
    subject = web.subject()
    if subject.account_id is None:
        return web.see_other("mailboxes.show", address=mailboxes.own_address(web.reading(), subject))
    form = asked_list()
    found = mailboxes.browse(web.reading(), subject, form.listing(), today=web.services().today())
    if found.only_address:
        return web.see_other("mailboxes.show", address=found.only_address)
    return web.render("mailboxes/index.html", "mailboxes/_list.html", **list_values(form, found))


@bp.get("/caselle/<address>")
def show(address: str) -> ResponseReturnValue:
    """Show one mailbox."""
    settings = web.services().settings
    suspended = Capabilities(
        can_read=settings.suspended_can_read,
        can_send=settings.suspended_can_send,
        can_receive=settings.suspended_can_receive,
    )
    found = mailboxes.look_at(
        web.reading(), web.subject(), address, today=web.services().today(), suspended=suspended
    )
    recipients = correspondence.notice_recipients(web.reading(), web.subject(), found.mailbox.id)
    need = _need(found) if found.has_extra_space else None
    return web.render(
        "mailboxes/show.html",
        found=found,
        recipients=recipients,
        need=need,
        today=web.services().today(),
    )


def _need(found: MailboxDetails) -> Need | None:
    policy, today = web.services().settings.extra_space_policy, web.services().today()
    return credit_needs.need_of(web.reading(), web.subject(), found.mailbox.id, policy=policy, today=today)


def asked_list() -> ListForm:
    """Return the list's filters from the query string, validated."""
    form = ListForm(request.args)
    form.validate()
    return form


def list_values(form: ListForm, found: MailboxList, **more: object) -> dict[str, Any]:
    """Return what the list's templates need; `more` says what a selection just did."""
    listing = form.listing()
    values = {
        "form": form,
        "listing": listing,
        "found": found,
        "bar": found.bar,
        **list_links(listing, found),
        "applied": None,
        "cleared": False,
        "months": DEFAULT_MONTHS,
        "months_error": False,
    }
    return values | more


def list_links(listing: Listing, found: MailboxList) -> dict[str, Any]:
    """Return the query values of this page and its neighbours, and what the rows' links are made of."""
    return {
        "args": query_of(listing, listing.place),
        "first_args": query_of(listing),
        "previous_args": query_of(listing, found.page.previous),
        "next_args": query_of(listing, found.page.next),
        "paths": {row.id: quote(row.address, safe="@") for row in found.page.rows},
        "show": around_address("mailboxes.show"),
        "prepare": around_address("renewals.prepare"),
    }


def around_address(endpoint: str) -> tuple[str, str]:
    """Return what stands before and after the address in the endpoint's links.

    Built once for a page and not for each row: `url_for` would be a third of the list.
    """
    before, _, after = url_for(endpoint, address="~").partition("~")
    return before, after
