"""What is owed back when part of a paid order could not be fulfilled."""

from __future__ import annotations

from decimal import Decimal

from portal.domain.money import Cents, vat_cents


def owed_cents(
    due_cents: Cents, net_cents: Cents, refused_net_cents: Cents, vat_rate: Decimal, *, split_payment: bool
) -> Cents:
    """Return what was paid less what the rest of the order costs, so that both add up to what was paid.

    All in cents, the rate in per cent. Of 500 + 500 net at 22 %, with one refused: 1220 - 610 = 610.
    Source: domain.md 5, 8.2.
    """
    kept_net = net_cents - refused_net_cents
    kept_vat = 0 if split_payment else vat_cents(kept_net, vat_rate)
    return due_cents - kept_net - kept_vat
