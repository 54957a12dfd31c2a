"""The right of withdrawal: its last day, who has it, what goes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.customers import CustomerKind
from portal.domain.dates import rome_day
from portal.domain.money import vat_cents
from portal.domain.orders import OrderKind, OrderState
from portal.domain.withdrawal import (
    WITHDRAWAL_MOVES,
    BegunTerm,
    NoWithdrawal,
    WithdrawalState,
    days_enjoyed,
    expiry_without,
    is_consumer,
    kept_net_cents,
    last_day_to_refund,
    last_day_to_withdraw,
    refund_cents,
    why_no_withdrawal,
    withdrawal_terms,
)

VAT = Decimal(22)
OPEN, LATE = date(2026, 11, 18), date(2026, 11, 19)
YEAR = BegunTerm(500, date(2026, 10, 1), date(2027, 9, 30), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("concluded", "closed", "last"),
    [
        (date(2026, 11, 4), (), date(2026, 11, 18)),
        (date(2026, 11, 6), (), date(2026, 11, 20)),
        (date(2026, 11, 7), (), date(2026, 11, 23)),
        (date(2026, 11, 8), (), date(2026, 11, 23)),
        (date(2026, 11, 24), (date(2026, 12, 8),), date(2026, 12, 9)),
        (date(2026, 12, 11), (date(2026, 12, 25), date(2026, 12, 26)), date(2026, 12, 28)),
        (date(2027, 2, 14), (), date(2027, 3, 1)),
        (date(2024, 2, 15), (), date(2024, 2, 29)),
    ],
    ids=["plain", "friday", "saturday", "sunday", "holiday", "christmas", "sunday in february", "leap day"],
)
def test_the_fourteenth_day_or_the_next_working_one(
    concluded: date, closed: tuple[date, ...], last: date
) -> None:
    assert last_day_to_withdraw(concluded, closed) == last


@pytest.mark.parametrize(
    ("withdrawn", "last"),
    [(date(2026, 11, 24), date(2026, 12, 8)), (date(2027, 2, 20), date(2027, 3, 6))],
    ids=["a holiday counts", "across months"],
)
def test_what_was_paid_goes_back_within_fourteen_days(withdrawn: date, last: date) -> None:
    assert last_day_to_refund(withdrawn) == last


@pytest.mark.parametrize(
    ("placed", "asked", "hindrance"),
    [
        (datetime(2026, 11, 4, 12, tzinfo=UTC), datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC), None),
        (
            datetime(2026, 11, 4, 12, tzinfo=UTC),
            datetime(2026, 11, 18, 23, 0, tzinfo=UTC),
            NoWithdrawal.TOO_LATE,
        ),
        (datetime(2026, 10, 14, 21, 59, tzinfo=UTC), datetime(2026, 10, 28, 22, 59, tzinfo=UTC), None),
        (
            datetime(2026, 10, 14, 21, 59, tzinfo=UTC),
            datetime(2026, 10, 28, 23, 0, tzinfo=UTC),
            NoWithdrawal.TOO_LATE,
        ),
        (datetime(2026, 10, 14, 22, 1, tzinfo=UTC), datetime(2026, 10, 29, 22, 59, tzinfo=UTC), None),
        (datetime(2027, 3, 17, 22, 59, tzinfo=UTC), datetime(2027, 3, 31, 21, 59, tzinfo=UTC), None),
        (
            datetime(2027, 3, 17, 22, 59, tzinfo=UTC),
            datetime(2027, 3, 31, 22, 0, tzinfo=UTC),
            NoWithdrawal.TOO_LATE,
        ),
    ],
    ids=[
        "last second",
        "midnight",
        "winter time, last minute",
        "winter time, midnight",
        "placed after midnight in Rome",
        "summer time, last minute",
        "summer time, midnight",
    ],
)
def test_days_end_at_midnight_in_rome(
    placed: datetime, asked: datetime, hindrance: NoWithdrawal | None
) -> None:
    until = last_day_to_withdraw(rome_day(placed), ())

    found = why_no_withdrawal(OrderKind.RENEWAL, OrderState.FULFILLED, until, rome_day(asked), is_party=True)

    assert found is hindrance


@pytest.mark.parametrize(
    ("kind", "state", "until", "today", "is_party", "hindrance"),
    [
        (OrderKind.RENEWAL, OrderState.AWAITING_PAYMENT, OPEN, OPEN, True, None),
        (OrderKind.RENEWAL, OrderState.PAID, OPEN, OPEN, True, None),
        (OrderKind.RENEWAL, OrderState.FULFILLED, OPEN, OPEN, True, None),
        (OrderKind.RENEWAL, OrderState.FULFILLED, OPEN, LATE, True, NoWithdrawal.TOO_LATE),
        (OrderKind.RENEWAL, OrderState.FULFILLED, None, OPEN, True, NoWithdrawal.NOT_A_CONSUMER),
        (OrderKind.RENEWAL, OrderState.FULFILLED, OPEN, OPEN, False, NoWithdrawal.NOT_THE_PARTY),
        (OrderKind.TOP_UP, OrderState.FULFILLED, OPEN, OPEN, True, NoWithdrawal.NOT_A_RENEWAL),
        (OrderKind.EXTRA_SPACE, OrderState.FULFILLED, OPEN, OPEN, True, NoWithdrawal.NOT_A_RENEWAL),
        *(
            (OrderKind.RENEWAL, state, OPEN, OPEN, True, NoWithdrawal.NOTHING_LEFT)
            for state in (
                OrderState.CANCELLED,
                OrderState.EXPIRED,
                OrderState.CREDITED,
                OrderState.REFUNDED,
                OrderState.WITHDRAWN,
            )
        ),
    ],
)
def test_who_may_withdraw_from_what(
    kind: OrderKind,
    state: OrderState,
    until: date | None,
    today: date,
    is_party: bool,
    hindrance: NoWithdrawal | None,
) -> None:
    assert why_no_withdrawal(kind, state, until, today, is_party=is_party) is hindrance


@pytest.mark.parametrize(
    ("expiry", "asks"),
    [
        (date(2026, 11, 17), True),
        (date(2026, 11, 18), False),
        (date(2026, 11, 19), False),
        (date(2026, 9, 1), True),
    ],
)
def test_a_term_that_begins_within_the_period_has_to_be_asked_for(expiry: date, asks: bool) -> None:
    terms = withdrawal_terms(date(2026, 11, 4), expiry, (), consumer=True)

    assert (terms.until, terms.asks_for_start) == (date(2026, 11, 18), asks)


@pytest.mark.parametrize(
    ("others", "invoiced", "consumer"),
    [
        (0, None, True),
        (0, CustomerKind.INDIVIDUAL, True),
        (1, CustomerKind.INDIVIDUAL, False),
        *((0, kind, False) for kind in CustomerKind if kind is not CustomerKind.INDIVIDUAL),
    ],
)
def test_holders_and_whoever_pays_must_be_natural_persons(
    others: int, invoiced: CustomerKind | None, consumer: bool
) -> None:
    assert is_consumer(others, invoiced) is consumer


def test_a_business_has_no_terms() -> None:
    terms = withdrawal_terms(date(2026, 11, 4), date(2026, 9, 1), (), consumer=False)

    assert (terms.until, terms.asks_for_start) == (None, False)


@pytest.mark.parametrize(
    ("withdrawn_on", "days"),
    [
        (date(2026, 9, 30), 0),
        (date(2026, 11, 19), 0),
        (date(2026, 11, 20), 1),
        (date(2026, 11, 24), 5),
        (date(2030, 1, 1), 365),
    ],
)
def test_days_count_from_the_day_the_mailbox_worked_again(withdrawn_on: date, days: int) -> None:
    assert days_enjoyed(YEAR, withdrawn_on) == days


def test_the_days_enjoyed_are_kept_with_their_vat() -> None:
    kept = kept_net_cents([YEAR], date(2026, 11, 24))

    assert kept == 7
    assert refund_cents(610, kept, VAT, split_payment=False) == 610 - 7 - 2


terms = st.builds(
    lambda net, start, years, granted: BegunTerm(
        net, start, start + timedelta(days=365 * years - 1), start + timedelta(days=granted)
    ),
    st.integers(0, 100_000),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(1, 5),
    st.integers(-90, 90),
)


@given(
    st.lists(terms, max_size=6),
    st.integers(0, 50_000),
    st.dates(date(2026, 1, 1), date(2032, 1, 1)),
    st.booleans(),
)
def test_what_goes_back_and_what_stays_add_up_to_what_was_paid(
    begun: list[BegunTerm], others_net: int, withdrawn_on: date, split: bool
) -> None:
    net = sum(term.net_cents for term in begun) + others_net
    paid = net if split else net + vat_cents(net, VAT)

    kept = kept_net_cents(begun, withdrawn_on)
    back = refund_cents(paid, kept, VAT, split_payment=split)

    assert 0 <= kept <= net
    assert 0 <= back <= paid
    assert back + kept + (0 if split else vat_cents(kept, VAT)) == paid


@pytest.mark.parametrize(
    ("expires_on", "back_to"),
    [(date(2027, 12, 1), date(2026, 12, 1)), (date(2029, 12, 1), date(2028, 12, 1))],
    ids=["the last renewal", "another has followed"],
)
def test_the_expiry_goes_back_by_the_term(expires_on: date, back_to: date) -> None:
    assert expiry_without(expires_on, date(2026, 12, 1), date(2027, 12, 1), 1) == back_to


def test_states_go_forward_only() -> None:
    order = list(WithdrawalState)

    for before, afters in WITHDRAWAL_MOVES.items():
        assert all(order.index(after) > order.index(before) for after in afters)
