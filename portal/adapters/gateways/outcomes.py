"""What every gateway's HTTP has in common: whether a call that failed can have had an effect."""

from __future__ import annotations

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from portal.ports import Unavailable, Unreachable

CONNECT_SECONDS = 3


class Straight(requests.Session):
    """Speaks with the address it was given alone: an answer that leads elsewhere is no answer."""

    def __init__(self) -> None:
        super().__init__()
        self.max_redirects = 0


def no_answer(failure: BaseException | None) -> Unavailable:
    """Return what a call without an answer means: Unreachable only where nothing can have been sent."""
    words = type(failure).__name__
    if isinstance(failure, requests.exceptions.ConnectTimeout):
        return Unreachable(words)
    inner = (
        failure.args[0] if isinstance(failure, requests.exceptions.ConnectionError) and failure.args else None
    )
    if isinstance(getattr(inner, "reason", None), ConnectTimeoutError | NewConnectionError):
        return Unreachable(words)
    return Unavailable(words)
