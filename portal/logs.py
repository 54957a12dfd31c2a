"""One JSON line an event: who, what, how it ended; never a password, a token or a document (S48)."""

from __future__ import annotations

import logging
import re
import secrets
import sys

import structlog
from flask import Flask, Response, g, request
from flask_login import current_user

log = structlog.get_logger()
_REQUEST_ID = re.compile(r"[0-9a-f]{16,32}", re.ASCII)


def configure(level: int = logging.INFO) -> None:
    """Write JSON lines on standard error; line breaks in values are escaped by JSON itself."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def register(app: Flask) -> None:
    """Give every request an id and a line."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    log.info(
        "request",
        method=request.method,
        endpoint=request.endpoint,
        status=response.status_code,
        who=current_user.log_name if current_user and current_user.is_authenticated else "",
    )
    return response
