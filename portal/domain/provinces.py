"""The two letters of the Italian provinces, and when each was one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import TypeAlias

Validity: TypeAlias = tuple[date, date | None]
"""First and last day; None while it lasts."""

_ALWAYS: tuple[Validity, ...] = ((date.min, None),)
_LONGSTANDING = """
    AG AL AN AO AP AQ AR AT AV BA BG BI BL BN BO BR BS BT BZ CA CB CE CH CL CN CO CR CS CT CZ EN FC
    FE FG FI FM FR GE GO GR IM IS KR LC LE LI LO LT LU MB MC ME MI MN MO MS MT NA NO NU OR PA PC PD
    PE PG PI PN PO PR PT PU PV PZ RA RC RE RG RI RM RN RO SA SI SO SP SR SS SV TA TE TN TO TP TR TS
    TV UD VA VB VC VE VI VR VT VV
"""
"""The 106 that changed neither letters nor existence since 2009. Source: ISTAT, codes of the provinces."""

_FIRST_REFORM: Validity = (date(2005, 5, 9), date(2016, 2, 3))
"""Sardinia, regional law 9/2001 in force with its first elections, undone by regional law 2/2016."""
_SECOND_REFORM: Validity = (date(2025, 4, 1), None)
"""Sardinia, regional law 7/2021 carried out; the old letters came back."""

_SARDINIA: Mapping[str, tuple[Validity, ...]] = {
    "CI": (_FIRST_REFORM, _SECOND_REFORM),  # Carbonia-Iglesias, then Sulcis Iglesiente
    "OG": (_FIRST_REFORM, _SECOND_REFORM),  # Ogliastra
    "OT": (_FIRST_REFORM, _SECOND_REFORM),  # Olbia-Tempio, then Gallura Nord-Est Sardegna
    "VS": (_FIRST_REFORM, _SECOND_REFORM),  # Medio Campidano
    # Abolished by the second reform, but the national register of residents still writes it
    # (github.com/italia/anpr/issues/5316, September 2026): a customer's papers may say either.
    "SU": ((date(2016, 2, 4), None),),
}

PROVINCES: Mapping[str, tuple[Validity, ...]] = MappingProxyType(
    dict.fromkeys(_LONGSTANDING.split(), _ALWAYS) | dict(_SARDINIA)
)
"""When each pair of letters may stand in an address. Source: domain.md 11.2."""


def is_province_on(letters: str, day: date) -> bool:
    """Say whether the letters, in capitals, are a province's on that day. Source: domain.md 11.2."""
    return any(first <= day and (last is None or day <= last) for first, last in PROVINCES.get(letters, ()))
