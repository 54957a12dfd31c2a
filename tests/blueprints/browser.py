"""A browser without scripts: it keeps cookies and sends back the token of the page it looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.domain.access import Subject
from portal.usecases import access
from portal.wiring import Services

TOKEN = re.compile(r'"X-CSRFToken": "([^"]+)"')
PAGE_FOR_ALL = "/accessibilita"
HTMX = {"HX-Request": "true"}


class Browser:
    """One person's browser."""

    def __init__(self, app: Flask, *, address: str = "127.0.0.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.address = address

    @property
    def address(self) -> str:
        """Where its requests come from."""
        return str(self.client.environ_base["REMOTE_ADDR"])

    @address.setter
    def address(self, address: str) -> None:
        self.client.environ_base["REMOTE_ADDR"] = address

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self.client.get(path, headers=headers)

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send a form with the token of a page of ours, or with `token`; an empty one leaves it out."""
        sent = self.token() if token is None else token
        data = {**(fields or {}), **({"csrf_token": sent} if sent else {})}
        return self.client.post(path, data=data, headers=headers)

    def token(self) -> str:
        """Return the token that a page carries for this browser."""
        found = TOKEN.search(self.get(PAGE_FOR_ALL).text)
        assert found, "the page has no token"
        return found[1]

    def sign_in(self, identifier: str, password: str, *, goal: str = "") -> TestResponse:
        """Send the sign-in form."""
        return self.post("/accedi", {"identifier": identifier, "password": password, "next": goal})

    def enter(self, services: Services, subject: Subject) -> Browser:
        """Be signed in without a password: walks have hundreds of requests and none is about signing in."""
        with services.transaction() as session:
            token, _ = access.start_session(
                session,
                subject,
                now=services.now(),
                lasts=timedelta(hours=services.settings.session_absolute_hours),
                address="127.0.0.1",
                user_agent="test",
            )
        with self.client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return self

    @property
    def session_cookie(self) -> str | None:
        found = self.client.get_cookie("portal")
        return found.value if found else None

    @property
    def is_signed_in(self) -> bool:
        """Whether a private page opens (or leads to one's own mailbox)."""
        answer = self.get("/caselle")
        return answer.status_code == 200 or "/caselle/" in answer.headers.get("Location", "")
