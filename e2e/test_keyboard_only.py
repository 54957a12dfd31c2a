"""The whole renewal with the keyboard alone: every control can be reached, seen and used."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from e2e.steps import PASSWORD, order_number
from portal.demo.register import SINGLE_MAILBOX

FOCUSED = "document.activeElement"
OUTLINED = """() => {
    const it = document.activeElement;
    const marked = style => style.outlineStyle !== 'none' || style.boxShadow !== 'none';
    return [it, it.closest('label') || it].some(shown => marked(getComputedStyle(shown)));
}"""


def test_renew_with_the_keyboard(desktop: Page) -> None:
    page = desktop
    page.goto(f"/caselle/{SINGLE_MAILBOX}/rinnova")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUSED}.textContent") == "Vai al contenuto"

    tab_to(page, page.get_by_label("Account o casella PEC"))
    page.keyboard.type(SINGLE_MAILBOX)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Continua"))
    page.keyboard.press("Enter")

    tab_to(page, page.get_by_role("radio", name=re.compile("STANDARD", re.IGNORECASE)))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#totals")).to_contain_text("30,50")
    expect(page.get_by_role("radio", name=re.compile("PRO", re.IGNORECASE))).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Prosegui e completa l'ordine"))
    page.keyboard.press("Enter")

    tab_to(page, page.get_by_role("button", name="Prosegui", exact=True))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Dati")
    page.keyboard.press("Tab")
    tab_to(page, page.get_by_role("radio", name="Codice destinatario"))
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Nessun identificativo")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Prosegui", exact=True))
    page.keyboard.press("Enter")

    tab_to(page, page.get_by_role("radio", name="Carta di credito"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Bonifico bancario")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Prosegui", exact=True))
    page.keyboard.press("Enter")
    answers = page.get_by_role("radio", name="Accetto", exact=True)
    expect(answers).to_have_count(3)
    for answer in answers.all():
        tab_to(page, answer)
        page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Conferma l'ordine con obbligo di pagare"))
    page.keyboard.press("Enter")
    assert order_number(page)


def tab_to(page: Page, target: Locator, *, most: int = 60) -> None:
    """Press Tab until the focus is there, and see that it shows."""
    expect(target.first).to_be_attached()
    for _ in range(most):
        if target.first.evaluate(f"it => it === {FOCUSED}"):
            assert page.evaluate(OUTLINED), f"the focus on {target} is not to be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached with the keyboard")
