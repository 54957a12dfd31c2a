"""The quote as a paper: its lines with their reasons, the VAT and why, how long it holds, its fingerprint."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from portal import languages
from portal.documents.frame import Column, Letterhead, Paper, Sum
from portal.domain.charges import Basis, Charge
from portal.domain.price_list import Item
from portal.domain.pricing import QuoteLine
from portal.domain.quotes import ToldQuote
from portal.domain.vat import vat_period_on
from portal.formats import euro, long_day, moment, per_cent, short_day
from portal.languages import gettext as _
from portal.languages import ngettext


class KeptQuote(Protocol):
    """A quote that was written down."""

    @property
    def public_id(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def told(self) -> ToldQuote: ...
    @property
    def order_number(self) -> str | None: ...


_PLANS = {Item.STANDARD: "Standard", Item.PRO: "Pro", Item.PREMIUM: "Premium"}


def quote_paper(kept: KeptQuote, head: Letterhead) -> bytes:
    """Return the PDF of a quote. Source: lessons.md L4."""
    told = kept.told
    title = _("Preventivo %s") % kept.public_id
    paper = Paper(head, title, at=kept.created_at)
    order = [(_("Ordine"), kept.order_number)] if kept.order_number else []
    paper.facts(
        [
            *order,
            (_("Prezzi del"), long_day(told.day)),
            (_("Valido fino al"), _("%s, alla fine del giorno") % long_day(told.valid_until)),
            (_("Caselle da rinnovare"), str(told.mailboxes)),
        ]
    )
    columns = [Column(_("Voce"), 58), Column(_("Perché"), 66), Column(_("Senza IVA"), 26, is_number=True)]
    paper.table(columns, [_row(line) for line in told.quote.lines])
    paper.sums(_sums(told))
    paper.paragraph(_vat_reason(told), small=True)
    if told.split_payment:
        paper.paragraph(_("Scissione dei pagamenti: l'IVA è indicata e la versa l'ente, che paga il netto."))
    written = _(
        "Scritto il %(moment)s e mai cambiato da allora. Impronta SHA-256: %(sha256)s",
        moment=moment(kept.created_at),
        sha256=kept.sha256,
    )
    paper.paragraph(written, small=True)
    return paper.pdf()


def _row(line: QuoteLine) -> tuple[str, str, str]:
    name = f"{_name(line.charge)}\n{_detail(line.charge, line.quantity)}"
    return name, _reason(line.charge), euro(line.net_cents)


def _name(charge: Charge) -> str:
    if charge.extra is not None:
        return charge.extra.name(languages.current().code)
    if charge.item in _PLANS:
        return _("Casella %s") % _PLANS[charge.item]
    return (
        _("Spazio casella aggiuntivo")
        if charge.item is Item.EXTRA_MAILBOX_GB
        else _("Spazio archivio aggiuntivo")
    )


def _detail(charge: Charge, quantity: int) -> str:
    unit = euro(charge.unit_cents)
    if charge.basis is Basis.ONE_OFF:
        return f"{quantity} × {unit}"
    years = ngettext("%s anno", "%s anni", charge.years) % charge.years
    if charge.item in _PLANS:
        amount = ngettext("%s casella", "%s caselle", quantity) % quantity
    else:
        amount = f"{quantity} GB"
    if charge.basis is Basis.CONVENTION:
        return f"{amount} × {unit} ({years})"
    return f"{amount} × {years} × {unit}"


def _reason(charge: Charge) -> str:
    end = short_day(charge.valid_to) if charge.valid_to else ""
    listed = euro(charge.list_cents or 0)
    words = {
        Basis.LIST: _("Prezzo di listino"),
        Basis.PROMOTION: _(
            "Promozione %(code)s, fino al %(end)s; poi di listino %(listed)s all'anno",
            code=charge.code,
            end=end,
            listed=listed,
        ),
        Basis.AFTER_PROMOTION: _("Prezzo di listino, dopo il primo anno in promozione"),
        Basis.CONVENTION: _("Convenzione %(code)s: prezzo di tutta la durata", code=charge.code),
        Basis.ONE_OFF: _("Si paga una volta sola"),
    }[charge.basis]
    ends = charge.valid_to is not None and charge.basis is not Basis.PROMOTION
    return f"{words}, {_('in vigore fino al %(end)s', end=end)}" if ends else words


def _sums(told: ToldQuote) -> list[Sum]:
    quote = told.quote
    return [
        Sum(_("Totale senza IVA"), euro(quote.net_cents)),
        Sum(_("IVA %s%%") % per_cent(quote.vat_rate), euro(quote.vat_cents)),
        Sum(_("Totale con IVA"), euro(quote.gross_cents)),
        Sum(_("Da pagare"), euro(quote.due_cents), strong=True),
    ]


def _vat_reason(told: ToldQuote) -> str:
    vat = vat_period_on(told.day)
    rate = per_cent(vat.rate)
    if vat.first_day == date.min:
        return _("Aliquota IVA %s%%, arrotondata una volta sola sul totale.") % rate
    return _(
        "Aliquota IVA %(rate)s%%, in vigore dal %(day)s; arrotondata una volta sola sul totale.",
        rate=rate,
        day=short_day(vat.first_day),
    )
