"""Whatever the cart and the price list, what is charged is what an independent calculation says (S35)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from portal.domain.plans import Plan
from portal.store.orders import Order, OrderLine
from portal.store.prices import PriceRow
from portal.wiring import Services
from tests.usecases.carts import Cart, change, choose_transfer, fill_cart, look, place

VAT = Fraction(22, 100)


@dataclass(frozen=True)
class Wish:
    """What one mailbox shall become."""

    plan: str
    mailbox_gb: int
    archive_gb: int
    years: int


@dataclass(frozen=True)
class Paper:
    """A price list as the oracle reads it: euros a year, by name."""

    yearly: dict[str, Fraction]

    def line(self, wish: Wish) -> Fraction:
        a_year = self.yearly[wish.plan]
        a_year += self.yearly["extra_mailbox_gb"] * wish.mailbox_gb
        a_year += self.yearly["extra_archive_gb"] * wish.archive_gb
        return a_year * wish.years


def cents(euros: Fraction) -> int:
    """Round half up to whole cents, by nothing but fractions."""
    return floor(euros * 100 + Fraction(1, 2))


wishes = st.one_of(
    st.builds(Wish, st.just("standard"), st.integers(0, 1), st.just(0), st.integers(1, 5)),
    st.builds(
        Wish, st.sampled_from(["pro", "premium"]), st.integers(0, 99), st.integers(0, 99), st.integers(1, 5)
    ),
)
price_lists = st.fixed_dictionaries(
    {
        name: st.integers(0, 99_999)
        for name in ("standard", "pro", "premium", "extra_mailbox_gb", "extra_archive_gb")
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cart_wishes=st.lists(wishes, min_size=1, max_size=6), prices=price_lists)
def test_the_charge_is_what_the_oracle_says(
    services: Services, cart_wishes: list[Wish], prices: dict[str, int]
) -> None:
    cart = fresh_cart(services, len(cart_wishes))
    set_prices(services, prices)
    for number, wish in enumerate(cart_wishes):
        change(services, cart, Plan(wish.plan), wish.mailbox_gb, wish.archive_gb, wish.years, which=number)
    previewed = look(services, cart).totals.quote
    choose_transfer(services, cart)

    order = place(services, cart)

    paper = Paper({name: Fraction(net, 100) for name, net in prices.items()})
    net = sum((paper.line(wish) for wish in cart_wishes), Fraction(0))
    assert order.net_cents == cents(net)
    assert order.vat_cents == cents(net * VAT)
    assert order.due_cents == order.gross_cents == cents(net) + cents(net * VAT)
    assert previewed.due_cents == order.due_cents
    assert net_by_address(services, order) == {
        address: cents(paper.line(wish)) for address, wish in zip(cart.addresses, cart_wishes, strict=True)
    }


def fresh_cart(services: Services, mailboxes: int) -> Cart:
    with services.transaction() as session:
        session.execute(delete(PriceRow))
    return fill_cart(services, *({"mailbox_used_mb": 0} for _ in range(mailboxes)))


def set_prices(services: Services, prices: dict[str, int]) -> None:
    with services.transaction() as session:
        for row in session.scalars(select(PriceRow)):
            row.net_cents = prices[row.item.value]


def net_by_address(services: Services, order: Order) -> dict[str, int]:
    with services.reading() as session:
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
        return {line.address: line.net_cents for line in lines}


def test_the_oracle_rounds_halves_up() -> None:
    assert cents(Fraction(125, 100) * VAT) == 28
    assert cents(Fraction(5) * VAT) == 110
