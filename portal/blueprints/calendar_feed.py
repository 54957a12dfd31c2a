"""`/caselle/calendario`: the private address of one's calendar; `/calendario/…ics`: what it opens."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal import languages, web
from portal.documents.calendar import MIMETYPE, CalendarHead, calendar_file
from portal.rate_limits import limited_feed
from portal.usecases import calendar_feeds
from portal.usecases.calendar_feeds import Calendar

bp = Blueprint("calendar_feed", __name__)


@bp.get("/caselle/calendario")
def show() -> ResponseReturnValue:
    """Show the address and how to use it, or what it would be good for."""
    services = web.services()
    feed = calendar_feeds.own_feed(web.reading(), web.subject(), services.sealer)
    address = _address(feed.token) if feed and feed.token else ""
    webcal = f"webcal://{address.partition('://')[2]}"
    return web.render("calendar/show.html", feed=feed, address=address, webcal=webcal)


@bp.post("/caselle/calendario")
def make() -> ResponseReturnValue:
    """Make an address, or another one in its place."""
    services = web.services()
    with services.transaction() as session:
        calendar_feeds.open_feed(session, web.subject(), services.sealer, now=services.now())
    flash(web.words("calendar/_made_text.html"), "ok")
    return web.see_other("calendar_feed.show")


@bp.post("/caselle/calendario/chiudi")
def end() -> ResponseReturnValue:
    """Let the address lead nowhere."""
    services = web.services()
    with services.transaction() as session:
        was_open = calendar_feeds.close_feed(session, web.subject(), now=services.now())
    flash(web.words("calendar/_ended_text.html", was_open=was_open), "ok" if was_open else "info")
    return web.see_other("calendar_feed.show")


@bp.get("/calendario/<token>.ics")
@limited_feed
def read(token: str) -> Response:
    """Give the calendar to whoever has its address; the same again is not sent twice."""
    services = web.services()
    found = calendar_feeds.read_calendar(web.reading(), token, today=services.today())
    spoken = found.language or languages.SOURCE
    response = Response(content_type=MIMETYPE)
    response.set_etag(sha256(repr((found, spoken)).encode()).hexdigest()[:32])
    response.headers.set("Content-Disposition", "inline", filename="scadenze-pec.ics")
    if not request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        with languages.speaking(spoken):
            response.set_data(calendar_file(found.days, _head(found)))
    response.content_language.add(spoken)
    response.make_conditional(request)
    return response


def _address(token: str) -> str:
    return f"{web.services().settings.public_url}{url_for('calendar_feed.read', token=token)}"


def _head(found: Calendar) -> CalendarHead:
    settings = web.services().settings
    return CalendarHead(
        brand=settings.brand.name,
        public_url=settings.public_url,
        host=urlsplit(settings.public_url).hostname or "localhost",
        owner_key=found.owner_key,
        made_at=found.created_at,
    )
