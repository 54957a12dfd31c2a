"""Days go by: first notice, suspension, renewal; and the customer checks what came."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from e2e.customers import pay_in_full
from e2e.steps import no_barriers, press, sign_in, to_the_order
from portal.demo.register import SINGLE_MAILBOX
from portal.domain.dates import add_years
from portal.formats import long_day
from tests.servers.portal import DemoPortal

CODE = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b")
PLACE = f"/caselle/{SINGLE_MAILBOX}"


def test_from_the_first_notice_to_the_suspension_to_the_renewal(
    new_page: Callable[[str], Page], demo: DemoPortal
) -> None:
    page, stranger = new_page("phone"), new_page("plain")
    expires_on = demo.today() + timedelta(days=12)

    days_go_by(demo, expires_on - timedelta(days=7))
    sign_in(page, SINGLE_MAILBOX, at="/comunicazioni")
    text = newest_mail(page, "scade tra 7 giorni")
    assert long_day(expires_on) in text
    assert is_genuine(stranger, CODE.findall(text)[-1])
    assert not is_genuine(stranger, "ABCD-EFGH-JKLM")

    days_go_by(demo, expires_on + timedelta(days=1))
    sign_in(page, SINGLE_MAILBOX, at=PLACE)
    expect(page.locator("main")).to_contain_text("Sospesa")
    no_barriers(page)
    text = newest_mail(page, "è scaduta ed è sospesa")
    assert long_day(expires_on + timedelta(days=90)) in text
    assert is_genuine(stranger, CODE.findall(text)[-1])

    page.goto(f"{PLACE}/rinnova")
    press(page, "Continua")
    number = to_the_order(page)
    pay_in_full(demo, page, number)

    page.goto(PLACE)
    expect(page.locator("main")).to_contain_text(long_day(add_years(expires_on, 1)))
    expect(page.locator("main .badge").first).to_have_text("Attiva")
    days_go_by(demo, expires_on + timedelta(days=3))
    sign_in(page, SINGLE_MAILBOX, at="/comunicazioni")
    newest_mail(page, f"{number}.*rinnovata")


def days_go_by(demo: DemoPortal, until: date) -> None:
    """Let the days go by, two at a time: each has its work and its mails."""
    while (today := demo.today()) < until:
        demo.days_go_by(min(today + timedelta(days=2), until))


def newest_mail(page: Page, subject: str) -> str:
    """Open the newest mail of «Comunicazioni», which has this in its subject; return its text."""
    page.goto("/comunicazioni")
    no_barriers(page)
    newest = page.get_by_role("row").nth(1).get_by_role("link")
    expect(newest).to_have_text(re.compile(subject))
    newest.click()
    no_barriers(page)
    expect(page.locator("main")).to_contain_text("Inviata")
    return page.locator("main").inner_text()


def is_genuine(stranger: Page, code: str) -> bool:
    """Ask at «Verifica», as somebody who is not signed in, whether a mail with this code is ours."""
    stranger.goto("/verifica")
    stranger.get_by_label("Codice dell'e-mail").fill(code)
    press(stranger, "Verifica")
    expect(stranger.locator("main")).to_contain_text(re.compile("Codice (non )?riconosciuto"))
    no_barriers(stranger)
    return stranger.get_by_text("Codice riconosciuto").count() == 1
