"""Says what keeps a person from using a page: axe's rules, and what axe cannot see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route

_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}

_RULES = Axe().axe_script
_HAS_RULES = "() => 'axe' in window"
_RUN = """async options => {
  const isStuck = each => getComputedStyle(each).position === "sticky"
  const stuck = [...document.querySelectorAll("*")].filter(isStuck)
  stuck.forEach(each => each.style.position = "static")
  const {violations} = await axe.run(options)
  stuck.forEach(each => each.style.position = "")
  return violations
}"""
"""What lies under a bar that sticks comes out by scrolling: it is judged as if nothing stuck."""
_WIDER_THAN_ITS_WINDOW = "() => document.scrollingElement.scrollWidth > window.innerWidth + 1"
_WITHOUT_SCRIPTS = "() => matchMedia('(scripting: none)').matches"


def barriers(page: Page) -> list[str]:
    """Return axe's violations on the page as it stands, and whether it must be scrolled sideways.

    The rules are put in by the debugger, not by a script element, so the page's strict content policy
    stays on and nothing of it is relaxed for the test.
    """
    if page.evaluate(_WITHOUT_SCRIPTS):
        with _twin_with_scripts(page) as twin:
            return _barriers(twin)
    return _barriers(page)


def _barriers(page: Page) -> list[str]:
    if not page.evaluate(_HAS_RULES):
        page.evaluate(_RULES)
    found = page.evaluate(_RUN, _OPTIONS)
    words = [
        f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]
    ]
    if page.evaluate(_WIDER_THAN_ITS_WINDOW):
        words.append("the page is wider than its window")
    return words


@contextmanager
def _twin_with_scripts(page: Page) -> Iterator[Page]:
    """Show the same document where axe can run: it waits for ever in a browser without scripts.

    The page's own scripts are kept out, so what is judged is what the visitor without them has.
    """
    browser = page.context.browser
    assert browser is not None
    document = page.content()

    def answer(route: Route) -> None:
        if route.request.resource_type == "document":
            route.fulfill(body=document, content_type="text/html; charset=utf-8")
        elif route.request.resource_type == "script":
            route.abort()
        else:
            route.continue_()

    with browser.new_context(
        storage_state=page.context.storage_state(), viewport=page.viewport_size, reduced_motion="reduce"
    ) as context:
        context.route("**/*", answer)
        twin = context.new_page()
        twin.goto(page.url)
        yield twin
