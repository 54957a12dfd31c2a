"""For how many years a mailbox can be renewed, and until when that lasts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from portal.domain.dates import add_years

DEFAULT_TERMS = frozenset(range(1, 6))
"""Years that can be bought when nothing narrows them. Source: domain.md C13."""


def new_expiry(expires_on: date, years: int, anchor: date | None = None) -> date:
    """Return the last day of the mailbox after a renewal: old expiry plus the years, early or late.

    `anchor` is an earlier expiry of the same mailbox. Counted from it, one that fell on 29 February falls
    there again in the next leap year, so n renewals of a year end where one of n years does. Without it
    they may end a day before, on 28 February. Raises ValueError below one year. Source: domain.md C16, 4.
    """
    if years < 1:
        raise ValueError(f"a term of {years} years")
    if anchor and anchor <= expires_on == add_years(anchor, expires_on.year - anchor.year):
        return add_years(anchor, expires_on.year - anchor.year + years)
    return add_years(expires_on, years)


def renewal_period(expires_on: date, years: int, anchor: date | None = None) -> tuple[date, date]:
    """Return the first and the last day of the new term, as the customer reads them.

    As a half-open period it is [first, last + 1 day), and `first` is where the old one ends: terms meet
    without a gap and without a shared day, whenever the money came. Source: domain.md C16.
    """
    return expires_on + timedelta(days=1), new_expiry(expires_on, years, anchor)


def offered_terms(terms: Iterable[Collection[int]]) -> tuple[int, ...]:
    """Return, in order, the years that every given price permits; 1 to 5 if none is given.

    Source: domain.md C13.
    """
    permitted = [frozenset(years) for years in terms] or [DEFAULT_TERMS]
    return tuple(sorted(frozenset.intersection(*permitted)))
