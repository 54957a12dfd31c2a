"""Pages while a gateway is at a charge, and once it came too late."""

from __future__ import annotations

from flask import Flask

from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.conftest import Clock
from tests.usecases.test_charges_sent_back import Slow, answers, charging


def test_who_cancels_during_a_charge_reads_that_it_goes_back(
    app: Flask, services: Services, clock: Clock
) -> None:
    days = charging(services, clock, Slow())
    browser = Browser(app).enter(services, days.subject)
    page = f"/ordini/{days.orders()[0].number}"

    assert "La banca sta decidendo un addebito" in browser.get(f"{page}/annulla").text
    done = browser.post(f"{page}/annulla")
    assert "te lo restituiamo e ti scriviamo" in browser.get(done.headers["Location"]).text
    answers(days)
    browser.enter(services, days.subject)

    assert "Ti restituiamo un addebito" in browser.get(page).text
    assert "che non servivano a pagare" not in browser.get(page).text


def test_who_switches_off_during_a_charge_reads_that_it_goes_back(
    app: Flask, services: Services, clock: Clock
) -> None:
    days = charging(services, clock, Slow())
    browser = Browser(app).enter(services, days.subject)

    done = browser.post(f"/caselle/{days.mailbox().address}/rinnovo-automatico/disattiva")

    assert "te lo restituiamo e ti scriviamo" in browser.get(done.headers["Location"]).text
