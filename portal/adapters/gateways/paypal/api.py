"""Talking to PayPal's API: the token, the id that makes a repetition harmless, what errors mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import requests

from portal.adapters.gateways.outcomes import CONNECT_SECONDS, Straight, no_answer
from portal.adapters.outside import must_be_outside_transaction
from portal.gateway_settings import PayPalAccount
from portal.ports import Rejected, Unavailable

EARLIER = timedelta(seconds=60)
"""A token is renewed this long before its end."""
TOO_MANY = 429
FIRST_SERVER_ERROR = 500


class Refused(Rejected):
    """PayPal said no: with its status and the first of its issues."""

    def __init__(self, status: int, issue: str) -> None:
        super().__init__(f"{status} {issue}")
        self.status = status
        self.issue = issue


class PayPalApi:
    """One account's way to the API; the token is kept in this process until shortly before its end."""

    def __init__(self, account: PayPalAccount, timeout_seconds: int, clock: Callable[[], datetime]) -> None:
        self._account = account
        self._timeout = (CONNECT_SECONDS, timeout_seconds)
        self._clock = clock
        self._token = ""
        self._token_ends: datetime | None = None

    def call(self, verb: str, path: str, body: Any = None, *, once: str = "") -> dict[str, Any]:
        """Return the answer's JSON; `once` names a call that must not be done twice.

        Raises Unreachable, Unavailable, Refused.
        """
        must_be_outside_transaction()
        headers = {"Authorization": f"Bearer {self._bearer()}", "Content-Type": "application/json"}
        headers |= {"PayPal-Request-Id": once, "Prefer": "return=representation"} if once else {}
        data = body if isinstance(body, bytes) else None
        return self._send(verb, path, headers=headers, json=None if data else body, data=data)

    def _bearer(self) -> str:
        if self._token_ends is None or self._clock() >= self._token_ends:
            told = self._send(
                "POST",
                "/v1/oauth2/token",
                auth=(self._account.client_id, self._account.secret),
                data={"grant_type": "client_credentials"},
            )
            self._token = str(told["access_token"])
            self._token_ends = self._clock() + timedelta(seconds=int(told["expires_in"])) - EARLIER
        return self._token

    def _send(self, verb: str, path: str, **how: Any) -> dict[str, Any]:
        try:
            with Straight() as session:
                answer = session.request(verb, self._account.api + path, timeout=self._timeout, **how)
        except requests.RequestException as failure:
            raise no_answer(failure) from failure
        if answer.status_code >= FIRST_SERVER_ERROR or answer.status_code == TOO_MANY:
            raise Unavailable(str(answer.status_code))
        told = _json(answer)
        if not answer.ok:
            issues = told.get("details") or [{}]
            raise Refused(answer.status_code, str(issues[0].get("issue") or told.get("name") or ""))
        return told


def _json(answer: requests.Response) -> dict[str, Any]:
    if not answer.content:
        return {}
    try:
        told = answer.json()
    except ValueError as failure:
        raise Unavailable(f"{answer.status_code} without JSON") from failure
    return told if isinstance(told, dict) else {}
