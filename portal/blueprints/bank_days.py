"""The days on which no bank in Italy works, besides Saturdays and Sundays."""

from __future__ import annotations

from collections.abc import Container
from datetime import date

from holidays import country_holidays

CLOSED_DAYS: Container[date] = country_holidays("IT")
"""National holidays, Easter Monday included, of any year that is asked about. Source: domain.md 7.1."""
