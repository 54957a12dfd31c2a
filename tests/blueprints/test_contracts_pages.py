"""«Conferma» and its texts as a browser sees them: nothing preselected, answers kept, faults at the field."""

from __future__ import annotations

import hashlib
import re

import pytest
from flask import Flask

from portal.domain.contracts import ContractKind
from portal.store.contracts import ContractText
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.shop import Shopper, confirmed, shopper
from tests.factories import TODAY, make_contracts


@pytest.fixture
def person(app: Flask, services: Services) -> Shopper:
    """Somebody at «Conferma»."""
    found = shopper(app, services, {}).start()
    assert found.pay_by_transfer().status_code == 303
    return found


def new_version(services: Services, kind: ContractKind, **fields: object) -> ContractText:
    with services.transaction() as session:
        (text,) = make_contracts(session, kind, **({"version": "2", "valid_from": TODAY} | fields))
        return text


def checked(page: str) -> list[str]:
    """The radio buttons that are on, as «name=value»."""
    radios = re.findall(r'<input type="radio"[^>]*name="(accept_\w+)" value="(\w+)" checked', page)
    return [f"{name}={value}" for name, value in radios]


def test_nothing_is_preselected(person: Shopper) -> None:
    page = person.browser.get(f"{person.plan}/conferma").text

    assert page.count('type="radio"') == 6
    assert checked(page) == []


def test_each_text_can_be_read_by_keyboard_and_kept(person: Shopper) -> None:
    page = person.browser.get(f"{person.plan}/conferma").text

    for kind in ContractKind:
        assert f'tabindex="0" role="region" aria-labelledby="titolo-{kind}"' in page
        assert f'href="/contratti/{kind}.2020-1.it/testo"' in page


def test_unanswered_texts_are_told_at_the_field_and_on_top_and_the_rest_is_kept(person: Shopper) -> None:
    fields = person.summary() | {"accept_privacy": "no", "accept_general_terms": ""}

    answer = person.confirm(fields)

    assert answer.status_code == 422
    for kind in ("privacy", "general_terms"):
        assert f'<a href="#accept_{kind}">' in answer.text
        assert f'id="accept_{kind}-error"' in answer.text
    assert checked(answer.text) == ["accept_onerous_clauses=yes", "accept_privacy=no"]
    assert person.confirm(confirmed(answer)).status_code == 303


def test_a_new_version_is_shown_and_asked_about_again(person: Shopper, services: Services) -> None:
    fields = person.summary()
    new_version(services, ContractKind.PRIVACY, body="Parole nuove.")

    answer = person.confirm(fields)

    assert answer.status_code == 409
    assert "Un testo del contratto è cambiato" in answer.text
    assert "Parole nuove." in answer.text
    assert answer.text.count("Nuova versione") == 1
    assert checked(answer.text) == ["accept_general_terms=yes", "accept_onerous_clauses=yes"]
    assert person.confirm(confirmed(answer)).status_code == 303


@pytest.mark.parametrize("field", ["text_privacy", "accept_privacy"])
@pytest.mark.parametrize("value", ["-1", "x", "1 OR 1=1", "99999999999", "<b>"])
def test_tampered_fields_order_nothing(person: Shopper, field: str, value: str) -> None:
    answer = person.confirm(person.summary() | {field: value})

    assert answer.status_code in (409, 422)


def test_markup_in_a_text_stays_text(person: Shopper, services: Services) -> None:
    new_version(
        services, ContractKind.PRIVACY, title="<i>x</i>", body='# <script>alert(1)</script>\n- "<img>"'
    )

    for path in (f"{person.plan}/conferma", "/contratti/privacy.2.it"):
        page = person.browser.get(path).text
        assert "<script>alert" not in page
        assert "<img>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_download_is_what_the_fingerprint_was_made_of(app: Flask, services: Services) -> None:
    text = new_version(services, ContractKind.PRIVACY, body="Città e perché.")
    stranger = Browser(app)

    answer = stranger.get("/contratti/privacy.2.it/testo")

    assert hashlib.sha256(answer.data).hexdigest() == text.sha256
    assert answer.mimetype == "text/plain"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="privacy.2.it.txt"'
    assert text.sha256 in stranger.get("/contratti/privacy.2.it").text


def test_the_list_shows_what_is_in_force(app: Flask, services: Services) -> None:
    new_version(services, ContractKind.PRIVACY)
    new_version(services, ContractKind.PRIVACY, version="3", valid_from=TODAY.replace(year=2027))

    page = Browser(app).get("/contratti").text

    assert "/contratti/privacy.2.it" in page
    assert "/contratti/privacy.3.it" not in page


def test_the_button_says_that_one_has_to_pay(person: Shopper) -> None:
    page = person.browser.get(f"{person.plan}/conferma").text

    assert "<span>Conferma l'ordine con obbligo di pagare</span>" in page
