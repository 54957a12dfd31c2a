"""Lines of statements: what makes one the same as another, and what is certain about its money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.orders import OrderState
from portal.domain.statements import Entry, Judgement, NamedOrder, TaskReason, identify, judge

ENTRY = Entry(
    account="IT60X0542811101000000123456",
    booked_on=date(2026, 11, 24),
    value_on=date(2026, 11, 24),
    amount_cents=610,
    currency="EUR",
    is_credit=True,
    text="BONIFICO ORDINE",
    bank_reference="REF1",
)
UNPAID, PAID = OrderState.AWAITING_PAYMENT, OrderState.PAID


def entry(**fields: Any) -> Entry:
    return replace(ENTRY, **fields)


def identities(*entries: Entry) -> list[str]:
    return [line.identity for line in identify(entries)]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"text": "the bank's other export says it otherwise"}, True),
        ({"payer": "ROSSI"}, True),
        ({"value_on": date(2026, 11, 25)}, True),
        ({"bank_reference": "REF2"}, False),
        ({"amount_cents": 611}, False),
        ({"booked_on": date(2026, 11, 25)}, False),
        ({"currency": "USD"}, False),
        ({"is_credit": False}, False),
    ],
)
def test_a_line_with_a_reference_is_known_by_it_with_day_and_amount(
    change: dict[str, Any], same: bool
) -> None:
    assert (identities(ENTRY) == identities(entry(**change))) == same


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"text": "bonifico  ordine."}, True),
        ({"text": "BONIFICO ORDINI"}, False),
        ({"amount_cents": 1}, False),
    ],
)
def test_without_a_reference_its_text_counts(change: dict[str, Any], same: bool) -> None:
    nameless = entry(bank_reference="")

    assert (identities(nameless) == identities(replace(nameless, **change))) == same


def test_two_equal_lines_of_one_statement_are_two() -> None:
    nameless = entry(bank_reference="")

    assert len(set(identities(nameless, nameless, ENTRY, ENTRY, entry(account="012345678901")))) == 4
    assert identities(nameless, nameless) == identities(nameless, nameless)


@given(st.lists(st.sampled_from([ENTRY, entry(bank_reference=""), entry(amount_cents=1)]), max_size=12))
def test_no_line_of_a_statement_is_taken_for_another(entries: list[Entry]) -> None:
    assert len(set(identities(*entries))) == len(entries)


@given(st.text(), st.text(max_size=200))
def test_an_identity_fits_its_column(text: str, reference: str) -> None:
    (identity,) = identities(entry(text=text, bank_reference=reference))

    assert len(identity) <= 70


@pytest.mark.parametrize(
    ("fields", "states", "expected"),
    [
        ({}, [UNPAID], Judgement(number="0")),
        ({"amount_cents": 1}, [UNPAID], Judgement(number="0")),  # settle keeps what does not fit
        ({}, [OrderState.CANCELLED], Judgement(number="0")),
        ({}, [OrderState.EXPIRED], Judgement(number="0")),
        ({}, [PAID], Judgement(task=TaskReason.ALREADY_PAID)),
        ({}, [OrderState.FULFILLED], Judgement(task=TaskReason.ALREADY_PAID)),
        ({}, [OrderState.WITHDRAWN], Judgement(task=TaskReason.ALREADY_PAID)),
        ({}, [], Judgement(task=TaskReason.NO_NUMBER)),
        ({}, [UNPAID, UNPAID], Judgement(task=TaskReason.SEVERAL_NUMBERS)),
        ({"currency": "USD"}, [UNPAID], Judgement(task=TaskReason.FOREIGN_CURRENCY)),
        ({"is_unclear_batch": True}, [UNPAID], Judgement(task=TaskReason.BATCH_UNCLEAR)),
        ({"is_reversal": True}, [UNPAID], Judgement(task=TaskReason.REVERSAL)),
        ({"is_reversal": True, "is_credit": False}, [UNPAID], Judgement(task=TaskReason.REVERSAL)),
        ({"is_credit": False}, [UNPAID], Judgement()),
        ({"is_credit": False, "is_unclear_batch": True, "currency": "USD"}, [], Judgement()),
        ({"amount_cents": 0}, [UNPAID], Judgement()),
    ],
)
def test_only_one_unpaid_order_named_by_its_number_is_certain(
    fields: dict[str, Any], states: list[OrderState], expected: Judgement
) -> None:
    named = [NamedOrder(str(place), state) for place, state in enumerate(states)]

    assert judge(entry(**fields), named) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (UNPAID, Judgement(number="0")),
        (OrderState.CANCELLED, Judgement(task=TaskReason.REFERENCE_REUSED)),
        (PAID, Judgement(task=TaskReason.ALREADY_PAID)),
    ],
)
def test_a_reference_seen_before_pays_only_what_still_waits(state: OrderState, expected: Judgement) -> None:
    assert judge(ENTRY, [NamedOrder("0", state)], reference_seen=True) == expected
