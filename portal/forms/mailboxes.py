"""The mailbox list's query string, the page's ticks and the months, as values of the domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from wtforms import Form, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Regexp

from portal.domain.listing import Listing, Order, Place, Shown, Tab
from portal.domain.plans import Plan

DEFAULT_MONTHS = 3
"""Source: product.md 3.2."""
TABS = {"mie": Tab.OWN, "altri": Tab.OTHERS}
SHOWN = {
    "": Shown.KEPT,
    "tutte": Shown.ALL,
    "attiva": Shown.ACTIVE,
    "in-scadenza": Shown.EXPIRING,
    "sospesa": Shown.SUSPENDED,
    "cancellata": Shown.CANCELLED,
}
PLANS = {"standard": Plan.STANDARD, "pro": Plan.PRO, "premium": Plan.PREMIUM, "dominio": Plan.DOMAIN}
ORDERS = {
    "scadenza": Order.EXPIRY,
    "scadenza-inversa": Order.EXPIRY_LAST,
    "indirizzo": Order.ADDRESS,
    "indirizzo-inverso": Order.ADDRESS_LAST,
}
LARGEST_ID = 2**31 - 1
_PLACE = re.compile(r"(\d{4}-\d{2}-\d{2})~([^\x00-\x20\x7f~]{3,254})", re.ASCII)
_PRINTABLE = Regexp(r"[^\x00-\x1f\x7f]*\Z")
_Value = TypeVar("_Value", bound=StrEnum)


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


class ListForm(Form):
    """The filters of `/caselle`; a value that is none of the choices is an error of its field alone."""

    tab = StringField(name="scheda", default="mie", validators=[AnyOf(TABS)])
    search = StringField(name="cerca", filters=[_trimmed], validators=[Length(max=254), _PRINTABLE])
    shown = StringField(name="stato", default="", validators=[AnyOf(SHOWN)])
    plan = StringField(name="tipologia", default="", validators=[AnyOf(("", *PLANS))])
    order = StringField(name="ordine", default="scadenza", validators=[AnyOf(ORDERS)])
    after = StringField(name="dopo")
    before = StringField(name="prima")

    def listing(self) -> Listing:
        """Return the page asked for; a field in error, or a place that is none, counts as not given."""
        return Listing(
            tab=TABS.get(self.tab.data or "", Tab.OWN),
            search="" if self.search.errors else (self.search.data or "").lower(),
            shown=SHOWN.get(self.shown.data or "", Shown.KEPT),
            plan=PLANS.get(self.plan.data or ""),
            order=ORDERS.get(self.order.data or "", Order.EXPIRY),
            place=parse_place(self.after.data) or parse_place(self.before.data, backward=True),
        )


class MonthsForm(Form):
    """«Seleziona tutte le caselle che scadono entro N mesi»."""

    months = IntegerField(name="mesi", validators=[InputRequired(), NumberRange(1, 12)])

    def chosen(self) -> int:
        """Return how many months were asked for; the usual number where none was."""
        return self.months.data or DEFAULT_MONTHS


class LeftOutForm(Form):
    """Which page of the mailboxes that a selection by months leaves out."""

    months = IntegerField(
        name="entro", default=DEFAULT_MONTHS, validators=[InputRequired(), NumberRange(1, 12)]
    )
    after = StringField(name="dopo")
    before = StringField(name="prima")

    def chosen(self) -> int:
        """Return how many months were asked for; the usual number where none was."""
        return self.months.data or DEFAULT_MONTHS

    def place(self) -> Place | None:
        """Return the place asked for, or None for the first page."""
        return parse_place(self.after.data) or parse_place(self.before.data, backward=True)


def query_of(listing: Listing, place: Place | None = None) -> dict[str, str]:
    """Return the query string's values for this list at `place`, the defaults left out."""
    said = {
        "scheda": _word(TABS, listing.tab),
        "cerca": listing.search,
        "stato": _word(SHOWN, listing.shown),
        "tipologia": _word(PLANS, listing.plan) if listing.plan else "",
        "ordine": _word(ORDERS, listing.order),
    }
    unsaid = {"", "mie", "scadenza"}
    return {name: word for name, word in said.items() if word not in unsaid} | query_of_place(place)


def query_of_place(place: Place | None) -> dict[str, str]:
    """Return the query string's values for a place between rows; none for the first page."""
    if place is None:
        return {}
    return {"prima" if place.backward else "dopo": f"{place.expires_on.isoformat()}~{place.address}"}


def parse_place(text: str | None, *, backward: bool = False) -> Place | None:
    """Return the place that `text` names, or None when it names none."""
    match = _PLACE.fullmatch(text or "")
    if match is None:
        return None
    try:
        return Place(date.fromisoformat(match[1]), match[2], backward)
    except ValueError:
        return None


def parse_ids(texts: list[str]) -> set[int] | None:
    """Return the mailbox ids a page posted, or None when one of them cannot be an id."""
    if not all(re.fullmatch(r"[1-9]\d{0,9}", text, re.ASCII) for text in texts):
        return None
    ids = {int(text) for text in texts}
    return ids if max(ids, default=0) <= LARGEST_ID else None


def _word(words: Mapping[str, _Value], value: _Value) -> str:
    return next(word for word, known in words.items() if known is value)
