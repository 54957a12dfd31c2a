"""The days and the limit of auto-renewal as the operator sets them, read with the other settings."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.renewal_calendar import USUAL, RenewalCalendar
from portal.domain.renewal_calendar import RenewalTerms as RenewalTerms

GREATEST_EUROS = 10_000


def read_auto_renewal(environ: Mapping[str, str]) -> RenewalTerms:
    """Return the settings in PORTAL_AUTO_RENEWAL_*. Raises ValueError, also for days in the wrong order.

    Source: domain.md 6, 15 (6).
    """
    tries = environ.get("PORTAL_AUTO_RENEWAL_CHARGE_DAYS") or " ".join(map(str, USUAL.tries))
    try:
        calendar = RenewalCalendar(
            announced=_days(environ, "PORTAL_AUTO_RENEWAL_ANNOUNCE_DAYS", USUAL.announced),
            ordered=_days(environ, "PORTAL_AUTO_RENEWAL_ORDER_DAYS", USUAL.ordered),
            tries=tuple(_whole("PORTAL_AUTO_RENEWAL_CHARGE_DAYS", word) for word in tries.split()),
            notice=_days(environ, "PORTAL_AUTO_RENEWAL_NOTICE_DAYS", USUAL.notice),
        )
    except ValueError as failure:
        raise ValueError(f"PORTAL_AUTO_RENEWAL_*: {failure}") from failure
    euros = _days(environ, "PORTAL_AUTO_RENEWAL_GREATEST_MAXIMUM", GREATEST_EUROS)
    if not 10 <= euros <= GREATEST_EUROS:
        raise ValueError(f"PORTAL_AUTO_RENEWAL_GREATEST_MAXIMUM must be from 10 to {GREATEST_EUROS} euros")
    return RenewalTerms(calendar, euros * 100)


def _days(environ: Mapping[str, str], name: str, usual: int) -> int:
    return _whole(name, environ.get(name, "").strip() or str(usual))


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 5:
        raise ValueError(f"{name} takes whole numbers, not {text!r}")
    return int(text)
