"""The operator's brand: what nobody could read or see does not start, and what is set is shown."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app
from portal.brand_settings import LARGEST_LOGO, read_brand
from portal.domain.colours import OWN_COLOUR, shades_of
from portal.letters import render
from portal.settings import SettingsError, read_settings
from portal.web import FONT, STATIC
from portal.wiring import Services
from tools.pictures.letters import SAMPLES
from workers.mail import surroundings


def branded(services: Services, **given: str) -> Flask:
    brand = read_brand(given)
    return create_app(replace(services, settings=replace(services.settings, brand=brand)))


@pytest.mark.parametrize("colour", ["blue", "#fff", "#ffd400", "#2348c4;} body{display:none"])
def test_a_colour_that_cannot_be_read_or_is_none_does_not_start(colour: str) -> None:
    with pytest.raises(SettingsError, match="PORTAL_BRAND_COLOUR"):
        read_settings(
            {
                "PORTAL_SECRET_KEY": "a secret key for the tests and for nothing else",
                "PORTAL_DEMO": "yes",
                "PORTAL_BRAND_COLOUR": colour,
            }
        )


@pytest.mark.parametrize(
    ("name", "size"), [("logo.gif", 10), ("logo.svg", 0), ("logo.svg", LARGEST_LOGO + 1), ("none.svg", -1)]
)
def test_a_logo_that_cannot_be_shown_does_not_start(name: str, size: int, tmp_path: Path) -> None:
    if size >= 0:
        (tmp_path / name).write_bytes(b"x" * size)
    with pytest.raises(ValueError, match="PORTAL_BRAND_LOGO"):
        read_brand({"PORTAL_BRAND_LOGO": str(tmp_path / name)})


def test_the_brands_colour_reaches_stylesheet_and_icon(services: Services) -> None:
    client = branded(services, PORTAL_BRAND_COLOUR="#8A1C4A").test_client()
    page = client.get("/accedi").text

    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    (icon,) = re.findall(r'<link rel="icon" href="([^"]+)"', page)
    rules = client.get(sheet)
    assert f"--brand: light-dark(#8a1c4a, {shades_of('#8a1c4a').fill[1]});" in rules.text
    assert "#8a1c4a" in client.get(icon).text
    assert (rules.mimetype, rules.headers["Cache-Control"]) == (
        "text/css",
        "public, max-age=31536000, immutable",
    )
    (font,) = re.findall(r'url\("([^"]+woff2)"\)', rules.text)
    with client.get(font) as answer:
        assert answer.status_code == 200


def test_the_brands_logo_stands_in_place_of_the_mark(services: Services, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    client = branded(services, PORTAL_BRAND_LOGO=str(tmp_path / "logo.svg")).test_client()
    page = client.get("/accedi").text

    (logo,) = re.findall(r'<img class="brand-logo" src="([^"]+)" alt=""', page)
    answer = client.get(logo)
    assert (answer.mimetype, answer.text) == ("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert "#mark" not in page


def test_without_a_brand_there_is_none(services: Services) -> None:
    client = create_app(services).test_client()

    assert "/marchio/" not in client.get("/accedi").text
    for name in ("logo", "portal.css", "icon.svg", "portal.js"):
        assert client.get(f"/marchio/{name}").status_code == 404


def test_the_typefaces_name_holds_its_fingerprint_and_the_stylesheet_names_it() -> None:
    digest = hashlib.sha256((STATIC / "fonts" / FONT).read_bytes()).hexdigest()

    assert f"figtree.{digest[:8]}.woff2" == FONT
    assert f'url("fonts/{FONT}")' in (STATIC / "portal.css").read_text(encoding="utf-8")
    assert OWN_COLOUR in (STATIC / "icon.svg").read_text(encoding="utf-8")


def test_the_brands_colour_reaches_mails_where_it_can_be_read(services: Services) -> None:
    brand = read_brand({"PORTAL_BRAND_COLOUR": "#8A1C4A"})
    around = surroundings(replace(services.settings, brand=brand))
    html = render("auto_renewal_failed", "it", SAMPLES["auto_renewal_failed"][1], around).html
    shades = shades_of("#8a1c4a")

    assert OWN_COLOUR not in html
    assert f"background: {shades.fill[0]};" in html
    assert f"color: {shades.text[0]};" in html
    assert f"a {{ color: {shades.text[1]} !important; }}" in html
