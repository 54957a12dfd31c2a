"""The code that a bank's app reads to fill in a transfer: EPC069-12, by segno."""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal

import segno
from segno import helpers

from portal.domain.money import Cents

UTF8 = 1
"""The first of the character sets that the guideline numbers."""
QUIET_ZONE = 4
SVG_SCALE, PNG_SCALE = 5, 8


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer to be made: nothing of the payer, and no text but the order number."""

    beneficiary: str
    iban: str
    amount_cents: Cents
    number: str


def transfer_code(transfer: Transfer) -> segno.QRCode:
    """Return the code: version 002 without BIC, amount, remittance text, error correction M.

    Raises ValueError for what no such code can hold: the beneficiary beyond 70 letters, the amount outside
    0.01 to 999,999,999.99. Source: EPC069-12.
    """
    return helpers.make_epc_qr(
        name=transfer.beneficiary,
        iban=transfer.iban,
        amount=Decimal(transfer.amount_cents).scaleb(-2),
        text=transfer.number,
        encoding=UTF8,
    )


def transfer_svg(transfer: Transfer) -> bytes:
    """Return the code as an SVG file, black on white on every screen, without any style."""
    out = io.BytesIO()
    transfer_code(transfer).save(
        out,
        kind="svg",
        scale=SVG_SCALE,
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue()


def transfer_png(transfer: Transfer) -> bytes:
    """Return the code as a picture for a printed page."""
    out = io.BytesIO()
    transfer_code(transfer).save(out, kind="png", scale=PNG_SCALE, border=QUIET_ZONE)
    return out.getvalue()
