"""How to pay an order by transfer or slip, on paper: coordinates, code, a slip ready to be handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.documents.amount_words import amount_in_words
from portal.documents.frame import Letterhead, Paper
from portal.documents.transfer_qr import Transfer, transfer_png
from portal.domain.money import Cents
from portal.domain.payments import PaymentMethod
from portal.formats import euro, iban_groups, long_day, plain_amount
from portal.languages import gettext as _

CODE_MM = 42


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the money goes."""

    beneficiary: str
    iban: str
    bank: str
    postal_account: str


@dataclass(frozen=True, slots=True)
class ToPay:
    """What is to be paid, how, and between which days it would be registered if paid today."""

    number: str
    due_cents: Cents
    method: PaymentMethod
    payer: str
    placed_at: datetime
    earliest: date
    latest: date


def instructions_paper(head: Letterhead, to_pay: ToPay, destination: Destination) -> bytes:
    """Return the page as a PDF; ValueError for a method that needs no instructions."""
    write = _WRITERS.get(to_pay.method)
    if write is None:
        raise ValueError(f"nothing to write down for {to_pay.method}")
    title = _("Come pagare l'ordine %(number)s", number=to_pay.number)
    paper = Paper(head, title, at=to_pay.placed_at)
    write(paper, to_pay, destination)
    _when(paper, to_pay)
    return paper.pdf()


def _transfer(paper: Paper, to_pay: ToPay, destination: Destination) -> None:
    paper.facts(
        [
            (_("Importo"), euro(to_pay.due_cents)),
            (_("Beneficiario"), destination.beneficiary),
            (_("IBAN"), iban_groups(destination.iban)),
            (_("Banca"), destination.bank),
            (_("Causale"), to_pay.number),
        ]
    )
    paper.paragraph(
        _("Nella causale scrivi solo il numero dell'ordine: così riconosciamo subito il pagamento.")
    )
    paper.heading(_("Con l'app della banca"))
    paper.paragraph(_("Inquadra il codice: beneficiario, IBAN, importo e causale si compilano da soli."))
    code = Transfer(destination.beneficiary, destination.iban, to_pay.due_cents, to_pay.number)
    paper.picture(transfer_png(code), CODE_MM)


def _prefilled_slip(paper: Paper, to_pay: ToPay, destination: Destination) -> None:
    paper.paragraph(
        _(
            "Stampa questa pagina e portala in un ufficio postale, in una ricevitoria o in una tabaccheria"
            " abilitata; oppure riporta gli stessi dati nel sito o nell'app delle Poste, alla voce"
            " «bollettino bianco»."
        )
    )
    for part in (_("Ricevuta di versamento (resta a te)"), _("Ricevuta di accredito (resta all'ufficio)")):
        paper.slip(part, _slip_rows(to_pay, destination))


def _slip_rows(to_pay: ToPay, destination: Destination) -> list[tuple[str, str]]:
    return [
        (_("Sul conto corrente postale n."), destination.postal_account),
        (_("di euro"), plain_amount(to_pay.due_cents)),
        (_("Importo in lettere"), amount_in_words(to_pay.due_cents)),
        (_("Intestato a"), destination.beneficiary),
        (_("Causale"), to_pay.number),
        (_("Eseguito da"), to_pay.payer),
    ]


def _blank_slip(paper: Paper, to_pay: ToPay, destination: Destination) -> None:
    paper.paragraph(
        _("Prendi un bollettino bianco in un ufficio postale e scrivi in ogni campo quanto segue.")
    )
    paper.facts(
        [
            (_("Nel campo «sul C/C n.»"), destination.postal_account),
            (_("Nel campo «di Euro»"), plain_amount(to_pay.due_cents)),
            (_("Nel campo «Importo in lettere»"), amount_in_words(to_pay.due_cents)),
            (_("Nel campo «Intestato a»"), destination.beneficiary),
            (_("Nel campo «Causale»"), to_pay.number),
            (_("Nel campo «Eseguito da»"), _("il tuo nome e il tuo indirizzo")),
        ]
    )
    paper.paragraph(_("Nella causale scrivi solo il numero dell'ordine, in stampatello."))


def _when(paper: Paper, to_pay: ToPay) -> None:
    paper.heading(_("Quando vale"))
    paper.paragraph(
        _(
            "Pagando oggi registriamo il pagamento tra il %(earliest)s e il %(latest)s.",
            earliest=long_day(to_pay.earliest),
            latest=long_day(to_pay.latest),
        )
    )
    paper.paragraph(
        _(
            "Non serve inviare ricevute: ti scriviamo appena registriamo il pagamento."
            " Il rinnovo vale da allora."
        ),
        small=True,
    )


_WRITERS = {
    PaymentMethod.BANK_TRANSFER: _transfer,
    PaymentMethod.PREFILLED_SLIP: _prefilled_slip,
    PaymentMethod.POSTAL_SLIP: _blank_slip,
}
