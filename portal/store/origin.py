"""From where the present work is done, known to whatever writes a row about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from portal.domain.history import Origin

_present: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - a frozen value


def present_origin() -> Origin:
    """Return from where the present request, command or piece of work comes."""
    return _present.get()


def set_origin(origin: Origin) -> None:
    """Let all that this thread does from now on come from there."""
    _present.set(origin)


@contextmanager
def within_request(request_id: str) -> Iterator[None]:
    """Let what is done inside belong to the request in which it began."""
    token = _present.set(replace(_present.get(), request_id=request_id))
    try:
        yield
    finally:
        _present.reset(token)
