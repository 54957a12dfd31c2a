"""Reads statements that a bank gives as a table: the columns of docs/statements.md, as CSV."""

from __future__ import annotations

import io

from portal.domain.statements import EURO, Entry, OurAccounts
from portal.usecases.imports.csv_file import Row, read_rows
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.usecases.imports.statement_camt import LONGEST_TEXT, StatementRead
from portal.usecases.imports.values import Values

REQUIRED = ("booked_on", "amount", "text")
OPTIONAL = ("value_on", "currency", "payer", "reference", "account")
LARGEST = 10**13
"""Cents: a hundred thousand millions, more than any column of ours is asked to hold."""


def read_csv(data: bytes, ours: OurAccounts) -> StatementRead:
    """Return every row as a movement; without an account column all are of the bank account.

    An amount below zero is a debit. Raises FileRefused, RowsRefused; then nothing of the file is taken.
    """
    entries, problems = [], []
    for row in read_rows(io.BytesIO(data), required=REQUIRED, optional=OPTIONAL):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        values = Values(row)
        entry = _entry(values, row, ours)
        problems += values.verdict()
        entries += [entry] if entry is not None else []
    if problems:
        raise RowsRefused(problems)
    return StatementRead(entries)


def _entry(values: Values, row: Row, ours: OurAccounts) -> Entry | None:
    values.required("booked_on")
    booked, value_day = values.day("booked_on"), values.day("value_on")
    is_debit = values.text("amount").startswith("-")
    signless = Row(row.line, row.values | {"amount": values.text("amount").lstrip("+-")}, row.surplus)
    unsigned = Values(signless)
    amount = unsigned.amount("amount", limit=LARGEST)
    values.problems += unsigned.problems
    account, currency = _account(values, ours), values.text("currency").upper() or EURO
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        values.refuse("currency", Reason.NOT_A_CHOICE, found=currency, choices=[EURO, "USD", "…"])
    if values.problems or booked is None:
        return None
    return Entry(
        account=account,
        booked_on=booked,
        value_on=value_day or booked,
        amount_cents=amount,
        currency=currency,
        is_credit=not is_debit,
        text=values.text("text")[:LONGEST_TEXT],
        payer=values.text("payer")[:140],
        bank_reference=values.text("reference")[:70],
    )


def _account(values: Values, ours: OurAccounts) -> str:
    found = values.text("account")
    account = ours.known(found) if found else ours.iban
    if account is None:
        values.refuse("account", Reason.FOREIGN_ACCOUNT, found=found)
    return account or ""
