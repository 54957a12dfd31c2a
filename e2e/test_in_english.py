"""Who reads English renews a mailbox without JavaScript; who reads German is answered in German."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from e2e.steps import PASSWORD, mail_about, no_barriers, order_number, press
from portal.demo.register import SINGLE_MAILBOX

ITALIAN = re.compile(
    r"\b(?:casell[ae]|rinnov\w+|scaden\w+|pagament\w+|ordin[ei]|della|delle|questo|oggi|attiva|conferma\b|prosegui)\b",
    re.I,
)
"""Words that no English page of ours has."""


def speak(page: Page, language: str) -> None:
    """Choose a language at the foot of the page."""
    page.get_by_role("button", name=language, exact=True).click()
    expect(page.get_by_role("button", name=language, exact=True)).to_have_attribute("aria-current", "true")


def is_english(page: Page) -> None:
    """Hold every word, apart from addresses and what the operator wrote, against Italian ones."""
    expect(page.locator("html")).to_have_attribute("lang", "en")
    seen = page.evaluate(
        """() => { const copy = document.body.cloneNode(true);
            copy.querySelectorAll("[lang=it], .tongues, script").forEach((part) => part.remove());
            return copy.textContent; }"""
    )
    words = re.sub(r"\S+@\S+|«[^»]*»|\(dati di prova\)", "", seen)
    assert ITALIAN.findall(words) == [], page.url
    no_barriers(page)


def test_a_mailbox_is_renewed_in_english_on_a_phone_without_scripts(plain: Page) -> None:
    page = plain
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/caselle/{SINGLE_MAILBOX}/rinnova")
    speak(page, "English")
    is_english(page)
    page.get_by_label("Account or PEC mailbox").fill(SINGLE_MAILBOX)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")
    is_english(page)
    for button in ("Continue", "Continue and complete the order"):
        press(page, button)
        is_english(page)
    page.get_by_role("radio", name="No", exact=True).first.check()
    press(page, "Continue")
    is_english(page)
    if page.get_by_role("radio", name="No identifier").count():
        page.get_by_role("radio", name="No identifier").check()
    press(page, "Continue")
    is_english(page)
    page.get_by_role("radio", name=re.compile("Bank transfer")).check()
    press(page, "Continue")
    expect(page.locator("main")).to_contain_text("€6.10")
    is_english(page)
    for answer in page.get_by_role("radio", name="I accept", exact=True).all():
        answer.check()
    at_once = page.get_by_role("checkbox", name="I ask for the service to start at once", exact=False)
    if at_once.count():
        at_once.check()
    press(page, "Confirm order with obligation to pay")
    number = order_number(page)
    is_english(page)

    mail = mail_about(page, number)
    expect(mail.locator("body")).to_contain_text(f"we have received your order {number}")
    cancel(page, number)


def cancel(page: Page, number: str) -> None:
    """Leave the mailbox as the next visitor shall find it."""
    page.goto(f"/ordini/{number}/annulla")
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    press(page, "Cancel the order")
    expect(page.locator("main")).to_contain_text(f"Order {number} cancelled")


def test_german_is_spoken_at_the_door_and_beyond(plain: Page) -> None:
    plain.goto("/accedi")
    speak(plain, "Deutsch")
    expect(plain.get_by_role("heading", level=1)).to_have_text("Anmelden")
    no_barriers(plain)

    plain.goto("/accessibilita")
    expect(plain.locator("html")).to_have_attribute("lang", "de")
    expect(plain.locator("main")).to_contain_text("Erklärung zur Barrierefreiheit")
    no_barriers(plain)
