"""Lines of a bank's statement: what identifies one, and which order, if any, its money is for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from portal.domain.money import Cents
from portal.domain.orders import OrderState

EURO = "EUR"
POSTAL_BANK = "07601"
"""The bank code of postal accounts in an IBAN."""


class EntryState(StrEnum):
    """What became of a line of a statement; it moves once, from `task` to one of the others."""

    TASK = "task"
    SETTLED = "settled"
    DISMISSED = "dismissed"


class TaskReason(StrEnum):
    """Why a person has to look at a line. Source: lessons.md 1 (25), L10."""

    NO_NUMBER = "no_number"
    SEVERAL_NUMBERS = "several_numbers"
    ALREADY_PAID = "already_paid"
    FOREIGN_CURRENCY = "foreign_currency"
    REVERSAL = "reversal"
    BATCH_UNCLEAR = "batch_unclear"
    REFERENCE_REUSED = "reference_reused"


@dataclass(frozen=True, slots=True)
class OurAccounts:
    """The accounts that customers pay into."""

    iban: str
    postal_account: str
    """Twelve digits."""

    def known(self, written: str) -> str | None:
        """Return the account as it is stored, however a bank writes it; None for another's."""
        compact = "".join(written.split()).upper()
        if compact == self.iban:
            return self.iban
        is_postal_iban = compact.startswith("IT") and compact[5:10] == POSTAL_BANK and len(compact) == 27
        digits = compact[-12:] if is_postal_iban else compact.zfill(12)
        return self.postal_account if digits == self.postal_account else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of an account, as its bank tells it."""

    account: str
    booked_on: date
    value_on: date
    amount_cents: Cents
    """Hundredths of the currency, never negative."""
    currency: str
    is_credit: bool
    text: str
    """Everything the payer and the bank wrote about it, on one line."""
    payer: str = ""
    bank_reference: str = ""
    """The bank's own identifier of this line; empty when it gave none."""
    references: Sequence[str] = ()
    """Further identifiers of the payment: CRO, TRN, end-to-end."""
    is_reversal: bool = False
    is_unclear_batch: bool = False
    """Several payments in one sum, whose parts the bank does not say."""


@dataclass(frozen=True, slots=True)
class Identified:
    """A line with what makes it one and the same in every statement that contains it."""

    entry: Entry
    identity: str


@dataclass(frozen=True, slots=True)
class NamedOrder:
    """An order whose number stands in the text of a line."""

    number: str
    state: OrderState


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do with a line: pay this order, make it a task, or leave it alone when it is neither."""

    number: str = ""
    task: TaskReason | None = None


@dataclass(frozen=True, slots=True)
class _Counted:
    seen: Counter[str] = field(default_factory=Counter)

    def next(self, key: str) -> int:
        self.seen[key] += 1
        return self.seen[key]


def identify(entries: Sequence[Entry]) -> list[Identified]:
    """Return each line of one statement with its identity within its account.

    The bank's reference with day and amount, since some banks use one twice; without it day, amount and
    text. Lines of one statement that would still share it are told apart by their order, for a bank lists
    no line twice: two equal transfers of one day are two. Source: lessons.md 1 (5).
    """
    counted = _Counted()
    return [Identified(entry, _identity(entry, counted)) for entry in entries]


def judge(entry: Entry, named: Collection[NamedOrder], *, reference_seen: bool = False) -> Judgement:
    """Return what to do with a line in whose text the numbers of these orders of ours stand.

    An order is matched by its checked number alone, never by amount or name. Whatever is not certain is a
    task; debits that are no reversals are not ours to book. A reference that another line had before may be
    that line again with a corrected day: then only an order that still waits for money is paid.
    Source: lessons.md 1 (25), domain.md 5 (7).
    """
    doubt = _doubt(entry)
    if doubt:
        return Judgement(task=doubt)
    if not entry.is_credit or not entry.amount_cents:
        return Judgement()
    if len(named) != 1:
        return Judgement(task=TaskReason.SEVERAL_NUMBERS if named else TaskReason.NO_NUMBER)
    (order,) = named
    if order.state is OrderState.AWAITING_PAYMENT:
        return Judgement(number=order.number)
    if order.state not in _CLOSED_UNPAID:
        return Judgement(task=TaskReason.ALREADY_PAID)
    return Judgement(task=TaskReason.REFERENCE_REUSED) if reference_seen else Judgement(number=order.number)


_CLOSED_UNPAID = frozenset({OrderState.CANCELLED, OrderState.EXPIRED})
"""Money for one of these becomes credit at once; a paid order may have been paid by this very money."""


def _doubt(entry: Entry) -> TaskReason | None:
    if entry.is_reversal:
        return TaskReason.REVERSAL
    if not entry.is_credit:
        return None
    if entry.is_unclear_batch:
        return TaskReason.BATCH_UNCLEAR
    return TaskReason.FOREIGN_CURRENCY if entry.currency != EURO else None


def _identity(entry: Entry, counted: _Counted) -> str:
    words = entry.bank_reference or "".join(filter(str.isalnum, entry.text.upper()))
    facts = (words, entry.booked_on, entry.amount_cents, entry.currency, entry.is_credit)
    digest = hashlib.sha256("|".join(map(str, facts)).encode()).hexdigest()[:24]
    key = f"{entry.bank_reference[:35]}/{digest}"
    ordinal = counted.next(f"{entry.account} {key}")
    return key if ordinal == 1 else f"{key}#{ordinal}"
