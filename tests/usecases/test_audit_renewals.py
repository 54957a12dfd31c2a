"""The audit of auto-renewal finds each rule broken by hand, and says nothing of what it did itself."""

from __future__ import annotations

from sqlalchemy import text

from portal.usecases.audit import Check, audit
from portal.wiring import Services
from tests.conftest import Clock
from tests.usecases.renewing import renewing

BROKEN_RENEWALS: dict[Check, str] = {
    Check.CHARGE_UNANNOUNCED: "UPDATE mail SET state = 'failed' WHERE kind = 'expiry_notice_auto'",
    Check.CHARGE_ABOVE_ANNOUNCEMENT: "UPDATE auto_renewal_cycle SET announced_cents = 609",
    Check.CHARGE_WITHOUT_MANDATE: "UPDATE mandate SET revoked_at = '2026-01-01 09:00'",
    Check.CHARGE_AFTER_EXPIRY: "UPDATE payment_attempt SET opened_at = '2027-06-01 09:00'",
    Check.CYCLE_AND_ORDER_APART: "UPDATE auto_renewal_cycle SET state = 'retry'",
    Check.CYCLE_PAST_ITS_EXPIRY: "UPDATE auto_renewal_cycle SET state = 'ordered', expires_on = '2026-11-01'",
    Check.SWITCH_APART: "UPDATE mailbox SET auto_renewal = (1 = 0)",
}
"""The SQL that breaks each rule."""


def test_each_broken_rule_of_auto_renewal_is_reported(services: Services, clock: Clock) -> None:
    days = renewing(services, clock)
    days.before(7)

    assert _found(days.services) == set()
    for check, statement in BROKEN_RENEWALS.items():
        assert check in _found(days.services, statement), check


def test_a_charge_a_day_after_its_announcement_is_too_soon(services: Services, clock: Clock) -> None:
    days = renewing(services, clock)
    days.before(7)
    late = (days.attempts()[0].opened_at.date()).isoformat()

    sent = f"UPDATE mail SET sent_at = '{late} 08:00' WHERE kind = 'expiry_notice_auto'"  # noqa: S608

    assert Check.CHARGE_UNANNOUNCED in _found(days.services, sent)


def _found(services: Services, statement: str = "") -> set[Check]:
    """Return what the audit says once the statement is executed; nothing of it is kept."""
    with services.transaction() as session:
        if statement:
            session.execute(text(statement))
        found = {finding.check for finding in audit(session, today=services.today(), now=services.now())}
        session.rollback()
    return found
