"""«Esporta CSV»: the mailboxes as rows of a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Protocol

from portal import languages
from portal.documents.sheet import pieces
from portal.domain.listing import Standing
from portal.domain.plans import Plan
from portal.formats import gigabytes, short_day
from portal.languages import gettext as _


class _Space(Protocol):
    @property
    def used_mb(self) -> int: ...
    @property
    def capacity_mb(self) -> int: ...


class Exported(Protocol):
    """One mailbox of the file."""

    @property
    def address(self) -> str: ...
    @property
    def holder_name(self) -> str: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def standing(self) -> Standing: ...
    @property
    def expires_on(self) -> date: ...
    @property
    def last_day(self) -> date | None: ...
    @property
    def space(self) -> _Space: ...
    @property
    def archive(self) -> _Space | None: ...
    @property
    def auto_renewal(self) -> bool: ...
    @property
    def convention_code(self) -> str: ...
    @property
    def order_number(self) -> str: ...


def mailbox_sheet(mailboxes: Iterable[Exported]) -> Iterator[bytes]:
    """Give the file piece by piece, in the language of the moment: later ones are written in it too."""
    head, plans, states, yes, no = _head(), _plans(), _states(), _("sì"), _("no")
    spoken = languages.current().code
    rows = (
        [
            each.address,
            each.holder_name,
            plans[each.plan],
            states[each.standing],
            short_day(each.expires_on, spoken),
            short_day(each.last_day, spoken) if each.last_day else "",
            *_space(each.space, spoken),
            *_space(each.archive, spoken),
            yes if each.auto_renewal else no,
            each.convention_code,
            each.order_number,
        ]
        for each in mailboxes
    )
    return pieces(head, rows)


def _space(space: _Space | None, spoken: str) -> tuple[str, str]:
    if space is None:
        return "", ""
    return _gigabytes(space.used_mb, spoken), _gigabytes(space.capacity_mb, spoken)


def _gigabytes(megabytes: int, spoken: str) -> str:
    """Return the bare number, which a spreadsheet can add up."""
    return gigabytes(megabytes, spoken).removesuffix(" GB")


def _head() -> list[str]:
    return [
        _("Casella"),
        _("Titolare"),
        _("Tipologia"),
        _("Stato"),
        _("Scadenza"),
        _("Ultimo giorno per rinnovare"),
        _("Casella: GB usati"),
        _("Casella: GB disponibili"),
        _("Archivio: GB usati"),
        _("Archivio: GB disponibili"),
        _("Rinnovo automatico"),
        _("Convenzione"),
        _("Ordine di rinnovo aperto"),
    ]


def _plans() -> Mapping[Plan, str]:
    return {
        Plan.STANDARD: "Standard",
        Plan.PRO: "Pro",
        Plan.PREMIUM: "Premium",
        Plan.DOMAIN: _("PEC su dominio"),
    }


def _states() -> Mapping[Standing, str]:
    return {
        Standing.ACTIVE: _("Attiva"),
        Standing.EXPIRING: _("In scadenza"),
        Standing.SUSPENDED: _("Sospesa (scaduta)"),
        Standing.CANCELLED: _("Cancellata"),
    }
