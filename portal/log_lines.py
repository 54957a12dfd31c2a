"""One JSON line an event, in every process alike: never a password, a token or a document in it (S48)."""

from __future__ import annotations

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET = re.compile(r"password|token|secret|cookie|authorization|hash", re.IGNORECASE)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is when the line is written."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: int = logging.INFO, *, alone: bool = False) -> None:
    """Write JSON lines on standard error, those of the libraries too (from warnings on).

    A second time changes the level alone. Line breaks in values are escaped by JSON itself. `alone`: lines of
    another form, that a library's command has set up, are not written.
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
    if alone:
        root.handlers.clear()
    if not any(isinstance(handler, _StandardError) for handler in root.handlers):
        handler = _StandardError()
        handler.setFormatter(formatter)
        root.addHandler(handler)
    for name in ("portal", "workers"):
        logging.getLogger(name).setLevel(level)


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank what a careless line would give away by its name."""
    return {name: "[hidden]" if SECRET.search(name) else value for name, value in event.items()}
