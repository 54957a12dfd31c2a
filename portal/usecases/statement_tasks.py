"""The lines of statements that wait for a person, with the orders that might be meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.domain.order_numbers import find_order_numbers
from portal.domain.proposals import Possible, Proposal, Unclear, propose
from portal.store import statement_queries
from portal.store.statement_lines import StatementLine

PAGE = 100


@dataclass(frozen=True, slots=True)
class Task:
    """A line and what might be done with it."""

    line: StatementLine
    proposals: Sequence[Proposal]


def list_tasks(session: Session, *, after: int = 0) -> list[Task]:
    """Return the next hundred tasks beyond a line, the oldest first: two statements."""
    lines = statement_queries.open_tasks(session, after=after, limit=PAGE)
    money = [Unclear(line.amount_cents, line.text, line.payer, _references(line)) for line in lines]
    orders = [
        Possible(found.number, found.due_cents, found.holder, found.declared_reference)
        for found in statement_queries.candidates(
            session,
            numbers={number for each in money for number in find_order_numbers(each.text)},
            amounts={line.amount_cents for line in lines if line.is_credit},
            references={reference.upper() for each in money for reference in each.references},
        )
    ]
    return [
        Task(line, propose(each, orders) if line.is_credit else [])
        for line, each in zip(lines, money, strict=True)
    ]


def _references(line: StatementLine) -> list[str]:
    return [*line.identifiers.split(), line.bank_reference]
