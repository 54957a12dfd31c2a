"""`/notifiche/<gateway>`: what gateways tell by themselves, signed; no cookie, no token, no page."""

from __future__ import annotations

import structlog
from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from portal import till, web
from portal.domain.errors import NotFound
from portal.ports import Rejected, Unavailable
from portal.rate_limits import limited_news

LARGEST_BODY = 64 * 1024
"""Bytes; the events of gateways have a few thousand."""

log = structlog.get_logger()
bp = Blueprint("webhooks", __name__)


@bp.post("/notifiche/<gateway>")
@limited_news
def hear(gateway: str) -> ResponseReturnValue:
    """Take an event; 400 (much of it: 429) for what no gateway sent, 503 where it shall try again."""
    services = web.services()
    if gateway not in services.gateways.names:
        raise NotFound
    if (request.content_length or 0) > LARGEST_BODY:
        abort(413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        till.hear(services, gateway, headers, request.get_data(cache=False))
    except Rejected as refusal:
        log.warning("webhook_refused", gateway=gateway, reason=str(refusal))
        abort(400)
    except Unavailable as failure:
        log.warning("webhook_later", gateway=gateway, reason=str(failure))
        abort(503)
    return "", 204
