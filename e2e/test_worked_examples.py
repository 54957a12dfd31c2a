"""The worked examples whose price depends on the day, seen on the pages of a demo that is on that day.

Those of a renewal today are in the stories: 6.10 and 18.30 (individual), 19.52 (freelancer), 5.00 (public
body), 4.88 (convention member), and those of 2012 in `test_another_day`. Source: domain.md 8.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from e2e.customers import PASSWORD, import_register
from e2e.steps import press, sign_in
from portal.demo.holders import person
from portal.formats import long_day
from tests.servers.portal import DemoPortal

FIRST_DAY = date(2025, 6, 15)
ACCOUNT = "100550@aruba.it"
OWNER = person("freelancer", "Irene", "Valli", 71, vat=True)
EXPIRIES = {
    "dicembre": date(2025, 12, 1),
    "novembre": date(2027, 11, 30),
    "febbraio": date(2026, 2, 28),
    "giugno": date(2026, 6, 29),
}
"""By the local part of the mailbox."""
FREE = "Adesso non paghi nulla"
SPACE = [
    (date(2025, 6, 15), "dicembre", 1, "€\u00a03,66"),
    (date(2025, 6, 15), "dicembre", 2, "€\u00a07,32"),
    (date(2025, 8, 31), "dicembre", 1, "€\u00a03,66"),
    (date(2025, 9, 1), "dicembre", 1, FREE),
    (date(2025, 9, 15), "novembre", 1, "€\u00a07,32"),
    (date(2025, 10, 10), "dicembre", 1, FREE),
    (date(2025, 11, 27), "febbraio", 1, "€\u00a03,66"),
    (date(2025, 11, 28), "febbraio", 1, FREE),
]
TERMS = [(date(2026, 4, 10), "2 anni", date(2028, 6, 29)), (date(2026, 8, 1), "1 anno", date(2027, 6, 29))]


@pytest.fixture(scope="module", params=["full_year_with_free_window", "monthly_pro_rata"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoPortal]:
    """A demo of June 2025, under each policy for extra space."""
    folder = tmp_path_factory.mktemp("demo")
    portal = DemoPortal(folder, {"PORTAL_EXTRA_SPACE_POLICY": request.param}, on=FIRST_DAY).start()
    portal.wait()
    import_register(portal, folder, [mailbox(local) for local in EXPIRIES])
    portal.operator("accounts", "set-password", ACCOUNT, "--stdin", typed=f"{PASSWORD}\n")
    yield portal
    portal.stop()


def mailbox(local: str) -> dict[str, str]:
    own = {"address": address(local), "plan": "pro", "expires_on": EXPIRIES[local].isoformat()}
    return {**OWNER.columns(), **own, "account": ACCOUNT, "account_email": OWNER.contact_email}


def address(local: str) -> str:
    return f"{local}@valli.pec.example"


def test_each_example_on_its_day(plain: Page, demo: DemoPortal) -> None:
    if demo.setting("PORTAL_EXTRA_SPACE_POLICY") == "monthly_pro_rata":
        see_space(plain, demo, FIRST_DAY, "dicembre", 1, "€\u00a01,83")
        see_terms(plain, demo)
        return
    for day, local, gigabytes, told in SPACE:
        see_space(plain, demo, day, local, gigabytes, told)
    expect(plain.locator("main")).to_contain_text("€\u00a03,00 + IVA")


def see_space(page: Page, demo: DemoPortal, day: date, local: str, gigabytes: int, told: str) -> None:
    """Be at that day's page of more space, and be told the price."""
    come_back(page, demo, day, f"/caselle/{address(local)}/spazio?mailbox_gb={gigabytes}")
    expect(page.locator("main")).to_contain_text(told)
    if told == FREE:
        expect(page.locator("main")).to_contain_text(long_day(EXPIRIES[local]))


def see_terms(page: Page, demo: DemoPortal) -> None:
    """Be told the new expiry: early renewal loses no day, and a late one counts from the old expiry."""
    for day, years, new_expiry in TERMS:
        come_back(page, demo, day, f"/caselle/{address('giugno')}/rinnova")
        page.locator("main form").get_by_role("button").first.click()
        page.get_by_role("radio", name=years).check()
        press(page, "Aggiorna il totale")
        expect(page.locator("main")).to_contain_text(long_day(new_expiry))


def come_back(page: Page, demo: DemoPortal, day: date, path: str) -> None:
    """Return on a day, when the session of the day before is long over."""
    demo.move_to(day)
    page.context.clear_cookies()
    sign_in(page, ACCOUNT, at=path, password=PASSWORD)
