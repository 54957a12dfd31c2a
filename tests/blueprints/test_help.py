"""Help stands where the question arises, and `/aiuto` says the same from the same source."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from portal.app import create_app
from portal.wiring import Services
from tests.blueprints.world import BOX, OWNER, World, browser_of, make_world

SEED_4 = (
    "Come disattivo il rinnovo automatico?",
    "Il metodo registrato non è più valido, o voglio cambiarlo",
    "ma voglio pagare con bonifico o bollettino, o cambiare piano o durata",
    "addebito automatico non riesce?",
)


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def test_everybody_reads_the_help_with_the_operators_figures(services: Services) -> None:
    settings = replace(services.settings, registration_days={"bank_transfer": (2, 4)})
    page = create_app(replace(services, settings=settings)).test_client().get("/aiuto").text

    for question in SEED_4:
        assert question in page
    assert "da 2 a 4 giorni lavorativi" in page
    assert "per 90 giorni (30 per le PEC su dominio)" in page
    assert "7, 5, 3, 1" in page
    assert len(re.findall(r"<h3", page)) == len(set(re.findall(r"<h3[^>]*>([^<]+)", page))) == 11


def test_the_questions_are_answered_where_they_arise(app: Flask, world: World) -> None:
    owner = browser_of(app, OWNER)
    pages = {
        "/caselle": ["stati delle caselle"],
        f"/caselle/{BOX}": ["stati delle caselle", "viene cancellata?"],
        f"/caselle/{BOX}/rinnovo-automatico": [SEED_4[0], SEED_4[3]],
        f"/ordini/{world.belongings[OWNER].number[0]}": ["Quanto ci mette ogni pagamento?", "la ricevuta"],
    }
    for path, questions in pages.items():
        page = owner.get(path).text
        for question in questions:
            assert question in page, (path, question)
