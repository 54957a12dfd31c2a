"""The whole renewal at 200 % on a laptop: nothing runs out of the window, and what has the focus is seen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.conftest import HABITS
from e2e.steps import accept_the_texts, no_barriers, press, sign_in, through_the_data
from portal.demo.register import SINGLE_MAILBOX
from tests.servers.portal import DemoPortal

HIDDEN_FOCUS = """() => {
    const it = document.activeElement, box = it.getBoundingClientRect();
    if (it === document.body || !box.width || !it.matches(':focus')) return '';
    const seen = (x, y) => { const top = document.elementFromPoint(x, y);
        return top && (it.contains(top) || top.contains(it) || top.closest('label')?.contains(it)); };
    const middle = box.left + box.width / 2;
    return seen(middle, box.top + 2) || seen(middle, box.bottom - 2) || seen(middle, box.top + box.height / 2)
        ? '' : it.outerHTML.slice(0, 120);
}"""
"""What has the focus and lies wholly under something else. Source: WCAG 2.2, 2.4.11."""


@pytest.fixture
def zoomed(new_context: Callable[..., BrowserContext], demo: DemoPortal) -> Page:
    """A laptop of 1280 by 720 at 200 %: half as many of the page's pixels, twice as dense."""
    return new_context(
        base_url=demo.url, viewport={"width": 640, "height": 360}, device_scale_factor=2, **HABITS
    ).new_page()


def test_renew_at_200_percent(zoomed: Page) -> None:
    page = zoomed
    sign_in(page, SINGLE_MAILBOX, at=f"/caselle/{SINGLE_MAILBOX}/rinnova")
    look(page)
    press(page, "Continua")
    expect(page.locator("#totals")).to_contain_text("€")
    look(page)
    press(page, "Prosegui e completa l'ordine")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vuoi aggiungere qualcosa")
    look(page)
    press(page, "Prosegui")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dati")
    look(page)
    through_the_data(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Pagamento")
    page.get_by_role("radio", name=re.compile("Bonifico")).check()
    look(page)
    press(page, "Prosegui")
    expect(page.get_by_role("heading", level=1)).to_have_text("Conferma")
    look(page)
    accept_the_texts(page)
    press(page, "Conferma l'ordine con obbligo di pagare")
    page.wait_for_url(re.compile("/ordini/"))
    look(page)


def look(page: Page) -> None:
    """Hold the page against axe and sideways scrolling, and walk over it with Tab."""
    no_barriers(page)
    hidden = []
    for _ in range(25):
        page.keyboard.press("Tab")
        hidden += [found for found in [page.evaluate(HIDDEN_FOCUS)] if found]
    assert hidden == [], page.url
