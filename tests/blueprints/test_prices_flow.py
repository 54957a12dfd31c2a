"""What pages show is charged: examples of domain.md 8.7, random carts, tampered forms (S35, S36)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from portal.app import create_app
from portal.domain.plans import Plan
from portal.store.contracts import ContractText
from portal.store.extras import ExtraRow
from portal.store.orders import Order
from portal.store.prices import PriceRow
from portal.store.promotions import PromotionRow
from portal.store.quotes import QuoteRow
from portal.wiring import Services
from tests.blueprints.shop import Shopper, shopper
from tests.conftest import Clock
from tests.factories import TODAY, YEARLY_CENTS

IN_2012 = datetime(2012, 5, 2, 10, 0, tzinfo=UTC)
DUE = re.compile(r"Da pagare</th><td>€\s([\d.]+),(\d\d)")


def due_shown(page: str) -> int:
    whole, cents = DUE.findall(page)[0]
    return int(whole.replace(".", "")) * 100 + int(cents)


def the_order(services: Services) -> Order:
    with services.reading() as session:
        return session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()


@pytest.mark.parametrize(
    ("years", "extra_gb", "net", "vat", "gross"),
    [(1, 0, 500, 110, 610), (3, 0, 1500, 330, 1830), (2, 1, 1600, 352, 1952)],
)
def test_the_worked_examples_of_today(
    app: Flask, services: Services, years: int, extra_gb: int, net: int, vat: int, gross: int
) -> None:
    person = shopper(app, services, {}).start()
    person.change(years=years, extra_mailbox_gb=extra_gb)
    person.pay_by_transfer()
    shown = due_shown(person.browser.get(f"{person.plan}/conferma").text)

    person.order()

    order = the_order(services)
    assert (order.net_cents, order.vat_cents, order.gross_cents) == (net, vat, gross)
    assert shown == order.due_cents == gross


def wrong_fields(services: Services) -> list[dict[str, str]]:
    return [
        {"shown_quote": "0" * 64},
        {"shown_quote": ""},
        {"shown_quote": "-1"},
        {"shown_due_cents": "-1"},
        {"shown_due_cents": "1"},
        {"shown_due_cents": "9" * 40},
        {"shown_version": "-1"},
        {"shown_version": "1"},
        {"shown_version": "9" * 40},
    ]


def test_tampered_fields_order_nothing(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    person.pay_by_transfer()
    seen = person.summary()

    for wrong in wrong_fields(services):
        assert person.confirm(seen | wrong).status_code in (409, 422), wrong

    assert nothing_kept(services)
    assert person.confirm(seen).status_code == 303


def test_the_quote_of_another_draft_is_refused(app: Flask, services: Services) -> None:
    one, other = shopper(app, services, {}).start(), None
    one.pay_by_transfer()
    with services.transaction() as session:
        session.execute(delete(PriceRow))
    other = shopper(app, services, {}).start()
    other.pay_by_transfer()

    answer = other.confirm(other.summary() | {"shown_quote": one.summary()["shown_quote"]})

    assert answer.status_code == 409
    assert "Conferma di nuovo" in answer.text
    assert nothing_kept(services)


def nothing_kept(services: Services) -> bool:
    with services.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Order, QuoteRow)]
    return counts == [0, 0]


choices = st.tuples(
    st.sampled_from(["standard", "pro", "premium"]), st.integers(0, 1), st.integers(0, 2), st.integers(1, 5)
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cart=st.lists(choices, min_size=1, max_size=3),
    kits=st.integers(0, 1),
    promoted=st.integers(1, 3_000),
)
def test_random_carts_are_charged_what_was_shown(
    app: Flask, services: Services, cart: list[tuple[str, int, int, int]], kits: int, promoted: int
) -> None:
    person = fresh(app, services, len(cart), promoted)
    for which, (plan, mailbox_gb, archive_gb, years) in enumerate(cart):
        space = {"extra_mailbox_gb": mailbox_gb, "extra_archive_gb": archive_gb if plan != "standard" else 0}
        assert person.change(which, plan=plan, years=years, **space).status_code == 200
    assert person.browser.post(f"{person.plan}/extra", {"pieces-kit": kits}).status_code == 303
    person.pay_by_transfer()
    shown = due_shown(person.browser.get(f"{person.plan}/conferma").text)

    person.order()

    assert the_order(services).due_cents == shown == expected(cart, kits, promoted)


def expected(cart: list[tuple[str, int, int, int]], kits: int, promoted: int) -> int:
    """Return what is due in cents, line by line in euros."""
    listed = {item.value: Decimal(cents) / 100 for item, cents in YEARLY_CENTS.items()}
    net = Decimal("36.00") * kits
    for plan, mailbox_gb, archive_gb, years in cart:
        yearly = listed[plan]
        if plan == "pro" and years <= 2:
            yearly = min(yearly, Decimal(promoted) / 100)
        spaces = mailbox_gb * listed["extra_mailbox_gb"]
        spaces += (archive_gb if plan != "standard" else 0) * listed["extra_archive_gb"]
        net += (yearly + spaces) * years
    vat = (net * Decimal("0.22")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return int((net + vat) * 100)


def fresh(app: Flask, services: Services, mailboxes: int, promoted: int) -> Shopper:
    with services.transaction() as session:
        for table in (PriceRow, PromotionRow, ExtraRow):
            session.execute(delete(table))
        session.add(
            ExtraRow(code="kit", name_it="Kit", name_en="Kit", net_cents=3600, valid_from=date(2020, 1, 1))
        )
        session.add(
            PromotionRow(
                code="P",
                plans="pro",
                yearly_cents=promoted,
                valid_from=TODAY - timedelta(days=5),
                valid_to=TODAY,
                terms="1,2",
                first_year_only=False,
            )
        )
    return shopper(app, services, *({"mailbox_used_mb": 0} for _ in range(mailboxes))).start()


def test_in_2012_the_vat_was_21_per_cent(services: Services, clock: Clock) -> None:
    clock.set(IN_2012)
    app = create_app(services)
    app.testing = True
    soon = IN_2012.date() + timedelta(days=30)
    person = shopper(app, services, {"expires_on": soon, "plan": Plan.STANDARD})
    with services.transaction() as session:
        for kind in (PriceRow, ContractText):
            session.execute(update(kind).values(valid_from=date(2010, 1, 1)))
    person.start().pay_by_transfer()

    page = person.browser.get(f"{person.plan}/conferma").text
    person.order()

    assert "IVA 21%" in page
    order = the_order(services)
    assert (order.net_cents, order.vat_cents, order.due_cents) == (500, 105, 605)
