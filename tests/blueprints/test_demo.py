"""The pages of the demo: mails are shown, what a mail brings cannot act, and a real portal has none of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.adapters.mailer.smtp import compose
from portal.app import create_app
from portal.demo.post import FOLDER, path_of
from portal.ports import Letter
from portal.wiring import Services

HTML = "<!doctype html><html><head><title>x</title></head><body><script>alert(1)</script></body></html>"


@pytest.fixture
def app(services: Services) -> Flask:
    """The web application of the demo."""
    return create_app(replace(services, settings=replace(services.settings, demo=True)))


def keep(services: Services, number: int, subject: str = "Conferma", text: str = "Grazie") -> None:
    folder = services.settings.data_folder / FOLDER
    folder.mkdir(exist_ok=True)
    letter = Letter(f"<{number}@portale.example>", "mario@posta.example", subject, text, HTML)
    path_of(folder, number).write_bytes(compose(letter, "Posta Sicura <avvisi@portale.example>"))


def test_without_mails_the_page_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/demo/posta")

    assert page.status_code == 200
    assert "Ancora nessuna e-mail" in page.text


def test_mails_are_listed_newest_first_and_paged(client: FlaskClient, services: Services) -> None:
    for number in range(1, 61):
        keep(services, number, subject=f"Mail {number:02}")

    first = client.get("/demo/posta").text
    second = client.get("/demo/posta?prima=11").text

    assert first.index("Mail 60") < first.index("Mail 11")
    assert "Mail 10" not in first
    assert '?prima=11"' in first
    assert "Mail 10" in second
    assert 'href="/demo/posta?prima=' not in second


def test_a_mail_shows_its_text_with_links_and_nothing_unescaped(
    client: FlaskClient, services: Services
) -> None:
    keep(services, 1, subject="<b>È ora</b>", text="Vai su http://localhost/ordini/X <script>")

    page = client.get("/demo/posta/1").text

    assert "&lt;b&gt;È ora&lt;/b&gt;" in page
    assert '<a href="http://localhost/ordini/X"' in page
    assert "&lt;script&gt;" in page


def test_the_html_of_a_mail_can_do_nothing(client: FlaskClient, services: Services) -> None:
    keep(services, 1)

    page, frame = client.get("/demo/posta/1"), client.get("/demo/posta/1/html")

    policy = frame.headers["Content-Security-Policy"]
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page.text
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert '<head><base target="_top">' in frame.text


@pytest.mark.parametrize("path", ["/demo/posta/7", "/demo/posta/7/html", "/demo/posta/..%2f..%2fportal.db"])
def test_there_is_no_other_mail(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_parts_of_the_pages_are_shown(client: FlaskClient) -> None:
    assert client.get("/componenti").status_code == 200


@pytest.mark.parametrize("path", ["/demo/posta", "/demo/posta/1", "/demo/posta/1/html", "/componenti"])
def test_a_real_portal_has_no_such_pages(services: Services, path: str) -> None:
    assert create_app(services).test_client().get(path).status_code == 404
