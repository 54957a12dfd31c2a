"""An order on paper: what was ordered, for which mailboxes, what it costs, where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portal.documents.frame import Column, Letterhead, Paper, Sum
from portal.domain.money import Cents
from portal.formats import euro, moment, per_cent, short_day
from portal.languages import gettext as _


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One mailbox of the order."""

    address: str
    what: str
    expires_after: date
    net_cents: Cents


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """The order as its paper shows it; words for state and method are the caller's."""

    number: str
    placed_at: datetime
    state: str
    method: str
    lines: Sequence[PaperLine]
    line_count: int
    net_cents: Cents
    vat_rate: Decimal
    vat_cents: Cents
    due_cents: Cents
    invoiced: Sequence[tuple[str, str]] = ()
    """Who is invoiced, and when it was paid: names and values, in words."""
    bought: Sequence[tuple[str, str]] = ()
    """What was bought where that is no renewal: names and values, in words."""


def order_paper(head: Letterhead, order: PaperOrder) -> bytes:
    """Return the order as a PDF."""
    paper = Paper(head, _("Ordine %(number)s", number=order.number), at=order.placed_at)
    paper.facts(
        [
            (_("Data"), moment(order.placed_at)),
            (_("Stato"), order.state),
            (_("Metodo di pagamento"), order.method),
            *order.invoiced,
            *order.bought,
        ]
    )
    columns = [
        Column(_("Casella"), 40),
        Column(_("Rinnovo"), 27),
        Column(_("Nuova scadenza"), 17),
        Column(_("Senza IVA"), 16, is_number=True),
    ]
    if order.lines:
        paper.table(columns, [_cells(line) for line in order.lines])
    left = order.line_count - len(order.lines)
    if left > 0:
        paper.paragraph(_("e altre %(count)s caselle, elencate nella pagina dell'ordine", count=left))
    paper.sums(_sums(order))
    paper.paragraph(_("Questo documento non è una fattura."), small=True)
    return paper.pdf()


def _cells(line: PaperLine) -> tuple[str, str, str, str]:
    return line.address, line.what, short_day(line.expires_after), euro(line.net_cents)


def _sums(order: PaperOrder) -> list[Sum]:
    return [
        Sum(_("Totale senza IVA"), euro(order.net_cents)),
        Sum(_("IVA %(rate)s%%", rate=per_cent(order.vat_rate)), euro(order.vat_cents)),
        Sum(_("Totale da pagare"), euro(order.due_cents), strong=True),
    ]
