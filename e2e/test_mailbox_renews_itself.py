"""A professional with one mailbox comes from the mail's link on a phone and renews it."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from e2e.steps import cents_in, mail_about, no_barriers, press, sign_in, to_the_order
from portal.demo.register import SINGLE_MAILBOX
from portal.domain.dates import add_years, rome_day
from portal.formats import long_day, short_day
from portal.wiring import system_clock
from tests.servers.portal import DemoPortal


def test_from_the_link_in_the_mail_to_the_renewed_mailbox(phone: Page, demo: DemoPortal) -> None:
    expires_on = rome_day(system_clock()) + timedelta(days=12)
    sign_in(phone, SINGLE_MAILBOX, at=f"/caselle/{SINGLE_MAILBOX}/rinnova")
    expect(phone).to_have_url(re.compile(rf"/caselle/{SINGLE_MAILBOX}/rinnova$"))
    expect(phone.locator("main")).to_contain_text(long_day(add_years(expires_on, 1)))
    no_barriers(phone)

    press(phone, "Continua")
    phone.get_by_role("radio", name=re.compile("^2 anni")).check()
    expect(phone.locator("#totals")).to_contain_text("12,20")
    no_barriers(phone)
    number = to_the_order(phone)
    assert 1220 in cents_in(phone.locator("main").inner_text())

    phone.goto(f"/caselle/{SINGLE_MAILBOX}")
    expect(phone.get_by_role("link", name=re.compile("^Paga"))).to_be_visible()
    expect(phone.get_by_role("link", name=re.compile("^Rinnova"))).to_have_count(0)
    no_barriers(phone)

    demo.operator(
        *("payments", "register", number, "--amount", "12.20", "--on", "2026-11-20"),
        *("--method", "bank_transfer", "--reference", "TRN-PHONE-1"),
    )
    letter = mail_about(phone, f"{number}.*rinnovata").locator("main").inner_text()
    assert short_day(add_years(expires_on, 2)) in letter
    phone.goto(f"/caselle/{SINGLE_MAILBOX}")
    expect(phone.locator("main")).to_contain_text(long_day(add_years(expires_on, 2)))


def test_a_mailbox_sees_nothing_of_others(phone: Page) -> None:
    sign_in(phone, SINGLE_MAILBOX)

    others, nobodys = (
        seen(phone, f"/caselle/{address}")
        for address in ("direzione@contiesoci.pec.example", "nessuno@pec.example")
    )

    assert others == nobodys
    assert others[0] == 404


def seen(page: Page, path: str) -> tuple[int, bytes]:
    """Return the status and the bytes of a page."""
    answer = page.goto(path)
    assert answer is not None
    return answer.status, answer.body()
