"""A quote as a record: one canonical form, its fingerprint, and the proof that its sums follow from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any

from portal.domain.charges import Basis, Charge
from portal.domain.extras import Extra
from portal.domain.money import Amounts, vat_cents
from portal.domain.price_list import Item
from portal.domain.pricing import Quote, QuoteLine, amounts_of
from portal.domain.vat import vat_period_on, vat_rate_on

FORM = "portal quote 1"
"""The name of the canonical form; another form gets another name, and old records stay readable."""


class QuoteFault(StrEnum):
    """What can be wrong with a stored quote."""

    HASH = "hash"
    LINE = "line"
    SUM = "sum"
    VAT = "vat"
    DUE = "due"
    COLUMNS = "columns"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class ToldQuote:
    """A quote with what it was told about: which draft as it was, for how many mailboxes, on which day."""

    draft: str
    """The public id of the draft, or the cycle of auto-renewal that led here."""
    version: int
    mailboxes: int
    day: date
    """The day of its prices and VAT; an order is placed at them until that day ends in Rome."""
    quote: Quote
    split_payment: bool
    promised_until: date | None = None
    """Where the price was announced for longer than its day. Source: domain.md 6."""

    @property
    def amounts(self) -> Amounts:
        return amounts_of(self.quote, split_payment=self.split_payment)

    @property
    def valid_until(self) -> date:
        """Return the last day on which this price holds; without a promise, that of its prices.

        Prices of today never change today (the import refuses it); those of tomorrow are nobody's promise.
        """
        return self.promised_until or self.day


def canonical(told: ToldQuote) -> str:
    """Return the quote as text of which there is exactly one: the same facts give the same characters."""
    quote = told.quote
    content: dict[str, Any] = {
        "form": FORM,
        "draft": told.draft,
        "version": told.version,
        "mailboxes": told.mailboxes,
        "quoted_on": told.day.isoformat(),
        "valid_until": told.valid_until.isoformat(),
        "lines": [_line(line) for line in quote.lines],
        "net_cents": quote.net_cents,
        "vat_rate": _plain(quote.vat_rate),
        "vat_since": vat_period_on(told.day).first_day.isoformat(),
        "vat_cents": quote.vat_cents,
        "gross_cents": quote.gross_cents,
        "split_payment": told.split_payment,
        "due_cents": quote.due_cents,
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(content: str) -> str:
    """Return the SHA-256 of a canonical form, as 64 hexadecimal digits."""
    return sha256(content.encode("utf-8")).hexdigest()


def read_quote(content: str) -> ToldQuote:
    """Return the quote that a canonical form holds."""
    found = json.loads(content)
    day, last = (date.fromisoformat(found[name]) for name in ("quoted_on", "valid_until"))
    quote = Quote(
        tuple(_read_line(line, day) for line in found["lines"]),
        found["net_cents"],
        Decimal(found["vat_rate"]),
        found["vat_cents"],
        found["gross_cents"],
        found["due_cents"],
    )
    return ToldQuote(
        found["draft"],
        found["version"],
        found["mailboxes"],
        day,
        quote,
        found["split_payment"],
        last if last != day else None,
    )


def faults(content: str, fingerprint_then: str) -> list[QuoteFault]:
    """Return what does not follow: the fingerprint, a line's product, the sum, the VAT, what is due."""
    told = read_quote(content)
    quote = told.quote
    net = sum(line.net_cents for line in quote.lines)
    vat = vat_cents(net, vat_rate_on(told.day))
    wrong = {
        QuoteFault.HASH: fingerprint(content) != fingerprint_then,
        QuoteFault.LINE: any(line.net_cents != line.charge.net_cents * line.quantity for line in quote.lines),
        QuoteFault.SUM: quote.net_cents != net or quote.gross_cents != net + vat,
        QuoteFault.VAT: quote.vat_cents != vat or quote.vat_rate != vat_rate_on(told.day),
        QuoteFault.DUE: quote.due_cents != (net if told.split_payment else net + vat),
    }
    return [fault for fault, is_so in wrong.items() if is_so]


def _line(line: QuoteLine) -> dict[str, Any]:
    charge = line.charge
    return {
        "item": charge.item.value if charge.item else None,
        "quantity": line.quantity,
        "years": charge.years,
        "unit_cents": charge.unit_cents,
        "net_cents": line.net_cents,
        "basis": charge.basis.value,
        "code": charge.code,
        "list_cents": charge.list_cents,
        "valid_to": charge.valid_to.isoformat() if charge.valid_to else None,
        "names": _names(charge.extra) if charge.extra else None,
    }


def _names(extra: Extra) -> list[str]:
    """Return the Italian name, the English one and, if there is one, the German: older quotes have none."""
    return [extra.name_it, extra.name_en, *filter(None, [extra.name_de])]


def _read_line(found: Mapping[str, Any], day: date) -> QuoteLine:
    names, last = found["names"], found["valid_to"]
    valid_to = date.fromisoformat(last) if last else None
    charge = Charge(
        Item(found["item"]) if found["item"] else None,
        found["years"],
        found["unit_cents"],
        Basis(found["basis"]),
        found["code"],
        found["list_cents"],
        valid_to,
        _read_extra(found, day, valid_to) if names else None,
    )
    return QuoteLine(charge, found["quantity"], found["net_cents"])


def _read_extra(found: Mapping[str, Any], day: date, valid_to: date | None) -> Extra:
    italian, english, *german = found["names"]
    name_de = german[0] if german else ""
    return Extra(found["code"], italian, english, found["unit_cents"], day, valid_to, name_de=name_de)


def _plain(rate: Decimal) -> str:
    """Return «22» for 22.00, so that a rate has one spelling."""
    return f"{rate.normalize():f}"
