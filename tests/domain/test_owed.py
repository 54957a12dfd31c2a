"""What is owed back for the refused part of an order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import vat_cents
from portal.domain.owed import owed_cents

RATE = Decimal(22)


@pytest.mark.parametrize(
    ("nets", "refused", "split_payment", "owed"),
    [
        ([500, 500], 500, False, 610),
        ([500, 500], 1000, False, 1220),
        ([500, 500], 0, False, 0),
        ([500, 500], 500, True, 500),
        ([125, 125], 125, False, 152),  # 305 paid; what is kept costs 125 + 28 (27.5 half up)
    ],
)
def test_what_is_owed(nets: list[int], refused: int, split_payment: bool, owed: int) -> None:
    net = sum(nets)
    due = net if split_payment else net + vat_cents(net, RATE)

    assert owed_cents(due, net, refused, RATE, split_payment=split_payment) == owed


@given(net=st.integers(0, 10**7), share=st.integers(0, 100), rate=st.sampled_from([20, 21, 22]))
def test_what_is_kept_and_what_is_owed_add_up_to_what_was_paid(net: int, share: int, rate: int) -> None:
    refused = net * share // 100
    due = net + vat_cents(net, Decimal(rate))

    owed = owed_cents(due, net, refused, Decimal(rate), split_payment=False)

    kept = net - refused
    assert owed + kept + vat_cents(kept, Decimal(rate)) == due
    assert 0 <= owed <= due
