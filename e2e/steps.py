"""What people do again and again in the stories, in the words that stand on the screen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Locator, Page, expect

from e2e.accessibility import barriers
from portal.demo.register import ACCOUNT, PASSWORD

__all__ = ["ACCOUNT", "PASSWORD"]
WITH_SCRIPTS = "() => !matchMedia('(scripting: none)').matches"
MONEY = re.compile(r"€\s?([\d.]+),(\d\d)")


def sign_in(page: Page, who: str, *, at: str = "/accedi", password: str = PASSWORD) -> None:
    """Come to a page, be asked who one is, and answer."""
    page.goto(at)
    page.get_by_label("Account o casella PEC").fill(who)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Accedi")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Accedi")


def press(page: Page | Locator, name: str, *, exact: bool = True) -> None:
    """Press the one button, or link that looks like one, of this name."""
    target = page.get_by_role("button", name=name, exact=exact)
    target.or_(page.get_by_role("link", name=name, exact=exact)).first.click()


def has_scripts(page: Page) -> bool:
    """Say whether this visitor's browser runs scripts."""
    return bool(page.evaluate(WITH_SCRIPTS))


def no_barriers(page: Page) -> None:
    """Hold the page as it stands against axe and against sideways scrolling."""
    found = barriers(page)
    assert not found, f"{page.url}: {found}"


def cents_in(text: str) -> list[int]:
    """Return every amount of euros in a text, in cents."""
    return [int(whole.replace(".", "")) * 100 + int(cents) for whole, cents in MONEY.findall(text)]


def total_due(page: Page) -> int:
    """Return the amount that «Conferma» says is to be paid, in cents."""
    return cents_in(page.locator("tr", has_text="Da pagare").inner_text())[0]


def due_of_order(page: Page) -> int:
    """Return the amount that an order's page asks for, in cents."""
    return cents_in(page.locator("#paga").inner_text())[0]


def to_the_order(page: Page, *, data: Mapping[str, str] | None = None) -> str:
    """Go from «Piano» through all steps to the order, paid by transfer; return its number.

    `data` is what is typed at «Dati», by the fields' labels.
    """
    press(page, "Prosegui e completa l'ordine")
    add_nothing(page)
    through_the_data(page, data)
    pay_by_transfer(page)
    accept_the_texts(page)
    shown = total_due(page)
    press(page, "Conferma l'ordine con obbligo di pagare")
    number = order_number(page)
    assert due_of_order(page) == shown
    return number


def pay_by_transfer(page: Page) -> None:
    """Choose transfer at «Pagamento», without the mailboxes for which it is too slow, and go on."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pagamento")
    no_barriers(page)
    too_late = page.get_by_role("button", name="Togli queste caselle dal rinnovo")
    if too_late.count():
        too_late.click()
        expect(too_late).to_have_count(0)
    page.get_by_role("radio", name=re.compile("Bonifico")).check()
    press(page, "Prosegui")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Conferma")
    no_barriers(page)


def add_nothing(page: Page) -> None:
    """Go on from «Extra» as it comes: nothing is taken unless somebody says so. Conventions skip it."""
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile("Vuoi aggiungere qualcosa|^Dati"))
    if heading.inner_text() != "Dati":
        no_barriers(page)
        press(page, "Prosegui")


def accept_the_texts(page: Page) -> None:
    """Answer «Accetto» to each text of «Conferma»."""
    answers = page.get_by_role("radio", name="Accetto", exact=True)
    expect(answers).to_have_count(3)
    for answer in answers.all():
        answer.check()
    at_once = page.get_by_role("checkbox", name="Chiedo che il servizio parta subito", exact=False)
    if at_once.count():
        at_once.check()


def through_the_data(page: Page, data: Mapping[str, str] | None = None) -> None:
    """Find the step «Dati» filled in but for `data`, choose no identifier if one is asked for, go on."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dati")
    no_barriers(page)
    for label, value in (data or {}).items():
        for field in page.get_by_label(label, exact=True).all():
            field.fill(value)
    none = page.get_by_role("radio", name="Nessun identificativo")
    if none.count():
        none.check()
    press(page, "Prosegui")


def order_number(page: Page) -> str:
    """Return the number of the order whose page this is."""
    page.wait_for_url(re.compile(r"/ordini/[A-Z2-9]{10}$"))
    return page.url.rsplit("/", 1)[1]


def mail_about(page: Page, subject: str) -> Page:
    """Open the newest mail with this pattern in its subject, waiting until it has arrived."""
    page.goto("/demo/posta")
    link = page.get_by_role("link", name=re.compile(subject)).first
    for _ in range(40):
        if link.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(subject))
    return page
