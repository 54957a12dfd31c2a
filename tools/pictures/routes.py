"""What the portal has to show: its error pages, and the paths that a person can open."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask import Flask
from werkzeug.exceptions import HTTPException

from portal.app import create_app
from portal.demo.environment import demo_environment
from portal.settings import read_settings
from portal.wiring import build_services

FOR_MACHINES = {
    *(
        "static",
        "brand.file",
        "access.sign_out",
        "health.live",
        "health.metrics",
        "health.report",
        "health.ready",
    ),
    *("second_step.challenge", "recent.challenge", "profile_second_step.passkey_challenge"),
    *("mailbox_export.download", "budget.download", "calendar_feed.read", "documents.download"),
    *("contracts.download", "quotes.of_draft", "quotes.of_order", "order_payments.code"),
    *(
        "order_payments.instructions",
        "order_payments.paper",
        "orders.status",
        "paying.status",
        "demo.mail_html",
    ),
    # they lead on at once
    *("paying.back", "stored_methods.back", "recovery.open_link", "contact_email.open_link"),
    *("notice_addresses.open_link",),
}
"""Endpoints that show no page to anybody."""


def error_pages(folder: Path, url: str) -> dict[int, str]:
    """Return each error page in Italian, as the portal draws it."""
    pages: dict[tuple[int, bool], str] = _app(folder, url).extensions["portal_error_pages"]["it"]
    return {status: page for (status, is_part), page in pages.items() if not is_part}


def pages_without_picture(folder: Path, url: str, paths: Iterable[str]) -> list[str]:
    """Return the rules of the pages that no path leads to."""
    app = _app(folder, url)
    adapter = app.url_map.bind("localhost")
    seen = {endpoint for path in paths if (endpoint := _endpoint(adapter, path))}
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in seen | FOR_MACHINES
    )


def _app(folder: Path, url: str) -> Flask:
    environment = demo_environment({"PORTAL_DATA": str(folder), "PORTAL_URL": url})
    return create_app(build_services(read_settings(environment)))


def _endpoint(adapter: object, path: str) -> str:
    try:
        return str(adapter.match(path, method="GET")[0])  # type: ignore[attr-defined]
    except HTTPException:
        return ""
