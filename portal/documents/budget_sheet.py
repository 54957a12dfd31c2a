"""The year ahead as rows of a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator

from portal import languages
from portal.documents.sheet import pieces
from portal.domain.forecast import MonthAhead, YearAhead
from portal.domain.money import Cents
from portal.formats import month, plain_amount
from portal.languages import gettext as _


def budget_sheet(ahead: YearAhead) -> Iterator[bytes]:
    """Give the file, in the language of the moment: one row a month, and the sum."""
    head = [_("Mese"), _("Caselle"), _("Senza IVA"), _("IVA"), _("Totale con IVA")]
    rows = [_row(_name(each), each.count, each.net_cents, each.gross_cents) for each in ahead.months]
    return pieces(head, [*rows, _row(_("Totale"), ahead.count, ahead.net_cents, ahead.gross_cents)])


def _name(each: MonthAhead) -> str:
    return month(each.month) if each.month else _("Già scadute")


def _row(name: str, count: int, net_cents: Cents | None, gross_cents: Cents | None) -> list[str]:
    if net_cents is None or gross_cents is None:
        return [name, str(count), "", "", ""]
    return [name, str(count), *map(_amount, (net_cents, gross_cents - net_cents, gross_cents))]


def _amount(cents: Cents) -> str:
    text = plain_amount(cents)
    return text.replace(",", ".") if languages.current().code == "en" else text
