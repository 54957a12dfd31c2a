"""A demo that begins on a day of 2012: the VAT, the prices and the expiries are of that day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from e2e.steps import ACCOUNT, due_of_order, press, sign_in, to_the_order
from portal.demo.register import CONVENTION_MAILBOX, SINGLE_MAILBOX
from tests.servers.portal import DemoPortal

FIRST_DAY = date(2012, 6, 1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoPortal]:
    """A demo of 2012, when VAT was 21 per cent."""
    portal = DemoPortal(tmp_path_factory.mktemp("demo"), on=FIRST_DAY).start()
    portal.wait()
    yield portal
    portal.stop()


@pytest.mark.parametrize(("address", "due"), [(CONVENTION_MAILBOX, 484), (SINGLE_MAILBOX, 605)])
def test_a_renewal_at_the_rate_of_2012(plain: Page, address: str, due: int) -> None:
    sign_in(plain, address, at=f"/caselle/{address}/rinnova")
    press(plain, "Continua")
    expect(plain.locator("#totals")).to_contain_text(f"{due // 100},{due % 100:02}")

    number = to_the_order(plain)

    assert due_of_order(plain) == due
    expect(plain.locator("main")).to_contain_text("IVA 21%")
    assert number


def test_days_go_by_when_the_operator_says_so(plain: Page, demo: DemoPortal) -> None:
    demo.days_go_by(date(2012, 6, 3))

    sign_in(plain, ACCOUNT)

    expect(plain.locator("main")).to_contain_text("2012")
    assert demo.today() == date(2012, 6, 3)
