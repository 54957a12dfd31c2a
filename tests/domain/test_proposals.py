"""Proposals for money without a sure number: reasons, never an amount among many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.proposals import MOST_PROPOSED, Possible, ProposalReason, Unclear, propose

NUMBER, DECLARED, SIMILAR, AMOUNT, NAME = ProposalReason
MONEY = Unclear(610, "BONIFICO RINNOVO PEC", "", [])
ORDER = Possible("K7MP2XQ9AB", 610, "Mario Rossi", "")
OTHER = Possible("ZZZZZZZZZZ", 610, "Anna Bianchi", "")


@pytest.mark.parametrize(
    ("money", "order", "reasons"),
    [
        (replace(MONEY, text="RINNOVO K7MP 2XQ9 AC"), ORDER, [SIMILAR, AMOUNT]),
        (replace(MONEY, text="RINNOVO K7MP2XQ9CC"), ORDER, [SIMILAR, AMOUNT]),
        (replace(MONEY, text="RINNOVO K7PM2XQ9AB"), ORDER, [SIMILAR, AMOUNT]),
        (replace(MONEY, payer="ROSSI MARIO"), ORDER, [AMOUNT, NAME]),
        (replace(MONEY, text="DA MARIO ROSSI"), replace(ORDER, due_cents=1), [NAME]),
        (replace(MONEY, payer="SOCIETA' NICCOLO"), replace(ORDER, holder="Società Niccolò"), [AMOUNT, NAME]),
        (
            replace(MONEY, references=["cro-0306"]),
            replace(ORDER, declared_reference="CRO0306"),
            [DECLARED, AMOUNT],
        ),
        (
            replace(MONEY, text="TRN CRO 0306"),
            replace(ORDER, declared_reference="CRO0306", due_cents=1),
            [DECLARED],
        ),
        (MONEY, ORDER, [AMOUNT]),
    ],
)
def test_what_speaks_for_an_order(money: Unclear, order: Possible, reasons: list[ProposalReason]) -> None:
    (proposal,) = propose(money, [order])

    assert list(proposal.reasons) == reasons


@pytest.mark.parametrize(
    ("money", "order"),
    [
        (MONEY, replace(ORDER, due_cents=611)),
        (replace(MONEY, payer="ROSSI"), replace(ORDER, due_cents=1)),
        (replace(MONEY, text="K7MP2XAAAA"), replace(ORDER, due_cents=1)),
        (MONEY, replace(ORDER, due_cents=1, holder="Li Po")),  # words too short to tell anybody apart
    ],
)
def test_what_does_not(money: Unclear, order: Possible) -> None:
    assert propose(money, [order]) == []


def test_an_amount_that_many_owe_proposes_nobody() -> None:
    assert propose(MONEY, [ORDER, OTHER]) == []


def test_the_likeliest_comes_first_and_five_are_enough() -> None:
    money = replace(MONEY, payer="MARIO ROSSI")
    many = [replace(ORDER, number=f"AAAAAAAAA{digit}", due_cents=1) for digit in "23456789"]

    found = propose(money, [*many, ORDER])

    assert found[0].order == ORDER
    assert len(found) == MOST_PROPOSED
