"""Signed webhooks in the manner of Stripe: a time, and an HMAC of the time and the body."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

from portal.ports import Rejected

_MOMENT = re.compile(r"[0-9]{1,11}")
TOLERANCE_SECONDS = 300
"""How old, or how far ahead of our clock, a webhook may be. Source: hardening.md S38."""


def signed(body: bytes, secret: str, now: datetime) -> str:
    """Return the header that goes with the body."""
    moment = int(now.timestamp())
    return f"t={moment},v1={_digest(body, secret, moment)}"


def check_signature(body: bytes, header: str, secret: str, now: datetime) -> None:
    """Raise Rejected unless the body was signed with the secret, and a moment ago."""
    moment = _moment(header)
    expected = _digest(body, secret, moment)
    given = [value for name, value in _parts(header) if name == "v1"]
    if not any(hmac.compare_digest(expected.encode(), value.encode()) for value in given):
        raise Rejected("the signature of the webhook is wrong")
    _check_moment(moment, now)


def check_moment(header: str, now: datetime) -> None:
    """Raise Rejected unless the signature is of a moment ago; who signed it is another question."""
    _check_moment(_moment(header), now)


def _parts(header: str) -> list[tuple[str, str]]:
    split = (part.partition("=") for part in header.split(","))
    return [(name.strip(), value) for name, _, value in split]


def _moment(header: str) -> int:
    moments = [value for name, value in _parts(header) if name == "t" and _MOMENT.fullmatch(value)]
    if len(moments) != 1:
        raise Rejected("the webhook has no signature")
    return int(moments[0])


def _check_moment(moment: int, now: datetime) -> None:
    if abs(now.timestamp() - moment) > TOLERANCE_SECONDS:
        raise Rejected("the webhook is too old, or from the future")


def _digest(body: bytes, secret: str, moment: int) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
