"""When banks in Italy work and how long money travels with this operator."""

from __future__ import annotations

from collections.abc import Container
from datetime import date

from holidays import country_holidays

from portal import web
from portal.domain.payments import BankCalendar

CLOSED_DAYS: Container[date] = country_holidays("IT")
"""National holidays, Easter Monday included, of any year that is asked about. Source: domain.md 7.1."""


def bank_calendar() -> BankCalendar:
    """Return the days and the times by which an arrival is foretold. Source: domain.md C12."""
    return BankCalendar(CLOSED_DAYS, web.services().registration_times())
