"""The line of each request: who, what, how it ended; its id goes with everything it sets going (S48)."""

from __future__ import annotations

import logging
import re
import secrets

import structlog
from flask import Flask, Response, g, request

from portal.log_lines import configure

log = structlog.get_logger()
_REQUEST_ID = re.compile(r"[0-9a-f]{16,32}", re.ASCII)


def register(app: Flask) -> None:
    """Give every request an id and a line; the demo's terminal shows only what went wrong."""
    configure(logging.WARNING if app.extensions["portal"].settings.demo else logging.INFO)
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" in g:
        response.headers["X-Request-ID"] = g.request_id
    loaded = g.get("_login_user")  # not current_user: a line in the log is no reason to ask the database
    log.info(
        "request",
        method=request.method,
        endpoint=request.endpoint,
        status=response.status_code,
        who=getattr(loaded, "log_name", ""),
    )
    return response
