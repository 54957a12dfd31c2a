"""R31: many automatic charges, every tenth declined, a mandate that ends in the midst of it."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select, update

from portal.adapters.gateways.simulated.gateway import DECLINED_TOKEN
from portal.domain.auto_renewal import CycleState
from portal.domain.dates import rome_day
from portal.domain.mandates import StoredMethodState
from portal.domain.payments import PaymentState
from portal.store.attempts import PaymentAttempt
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod
from portal.usecases.audit import audit
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import NOW
from tests.usecases.renewing import Days, renewing

MANY, TENTH = 40, 10


def another_method(days: Days, reference: str, token: str, places: range) -> int:
    """Let these mailboxes renew with another card of the account."""
    with days.services.transaction() as session:
        first = session.get_one(StoredMethod, days.method_id)
        consent = AutoRenewalConsent(
            wanted=True, text_version="2026-11", maximum_cents=1000, given_at=NOW, address="192.0.2.1"
        )
        method = StoredMethod(
            account_id=first.account_id,
            reference=reference,
            method=first.method,
            gateway="simulated",
            state=StoredMethodState.ACTIVE,
            token=token,
            brand="Visa",
            last_four="0002",
            opened_at=NOW,
        )
        session.add_all([consent, method])
        session.flush()
        session.add(
            Mandate(stored_method_id=method.id, consent_id=consent.id, maximum_cents=1000, given_at=NOW)
        )
        boxes = [days.mailbox_ids[place] for place in places]
        session.execute(
            update(RenewsWith).where(RenewsWith.mailbox_id.in_(boxes)).values(stored_method_id=method.id)
        )
        return method.id


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r31_of_many_charges_each_is_tried_once_a_day_whatever_becomes_of_it(
    services: Services, clock: Clock
) -> None:
    days = renewing(services, clock, mailboxes=MANY)
    another_method(days, "m-declined", DECLINED_TOKEN, range(0, MANY, TENTH))
    revoked = another_method(days, "m-revoked", "sim_revoked", range(5, MANY, TENTH))
    expiry = days.expiry()
    days.before(8)
    with services.transaction() as session:
        session.execute(update(Mandate).where(Mandate.stored_method_id == revoked).values(revoked_at=NOW))

    for left in (7, 6, 5, 5, 4, 3, 2, 1, 1, 0):
        days.before(left)
        days.work()

    declined = set(days.mailbox_ids[::TENTH])
    unallowed = set(days.mailbox_ids[5::TENTH])
    with services.reading() as session:
        tries = Counter(
            (line.mailbox_id, rome_day(attempt.opened_at))
            for attempt, line in session.execute(
                select(PaymentAttempt, OrderLine).join(
                    OrderLine, OrderLine.order_id == PaymentAttempt.order_id
                )
            )
        )
        paid = session.scalars(
            select(OrderLine.mailbox_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.paid_at.is_not(None))
        ).all()
        told = session.scalars(select(Mail.key).where(Mail.kind == "auto_renewal_failed")).all()
        found = [*audit(session, today=services.today(), now=services.now())]
    assert set(tries.values()) == {1}, "never twice on one day"
    assert {(expiry - day).days for box, day in tries if box in declined} == {7, 5, 3, 1}
    assert not {box for box, _ in tries} & unallowed, "without a mandate nothing is tried"
    assert sorted(paid) == sorted(set(days.mailbox_ids) - declined - unallowed), "each paid once"
    assert len(told) == len(set(told))
    states = Counter(days.states())
    assert states == {CycleState.DONE: MANY - len(declined) - len(unallowed), CycleState.FAILED: 8}
    assert {attempt.state for attempt in days.attempts()} == {PaymentState.SUCCEEDED, PaymentState.FAILED}
    assert found == []
