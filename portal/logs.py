"""One JSON line an event: who, what, how it ended; never a password, a token or a document (S48)."""

from __future__ import annotations

import logging
import re
import secrets
import sys
from typing import TextIO

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, WrappedLogger

log = structlog.get_logger()
SECRET = re.compile(r"password|token|secret|cookie|authorization|hash", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[0-9a-f]{16,32}", re.ASCII)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is when the line is written."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: int = logging.INFO) -> None:
    """Write JSON lines on standard error, those of the libraries too (from warnings on).

    A second time changes the level alone. Line breaks in values are escaped by JSON itself.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _StandardError) for handler in root.handlers):
        handler = _StandardError()
        handler.setFormatter(formatter)
        root.addHandler(handler)
    for name in ("portal", "workers"):
        logging.getLogger(name).setLevel(level)


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank what a careless line would give away by its name."""
    return {name: "[hidden]" if SECRET.search(name) else value for name, value in event.items()}


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
