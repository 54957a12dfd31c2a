"""What the first page gathers, on both databases: one statement of three questions."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import LedgerAccount, PostingKind
from portal.store.declarations import PaymentDeclaration
from portal.store.drafts import DraftState, RenewalDraft
from portal.usecases import home, wallets
from portal.usecases.wallets import Why
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.spread import every_database


@every_database
def test_the_first_page_gathers_what_waits_for_its_owner(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        boxes = [make_mailbox(session, account, expires_in=30 + number) for number in range(7)]
        orders = [make_order(session, [box], placed_at=NOW - timedelta(hours=2)) for box in boxes[:6]]
        orders.append(make_order(session, [boxes[6]], placed_at=NOW - timedelta(hours=3)))
        session.add(
            PaymentDeclaration(order_id=orders[-1].id, reference="TRN1", sent_on=TODAY, declared_at=NOW)
        )
        for public_id, hours in (("prima", 2), ("ultima", 1)):
            session.add(
                RenewalDraft(
                    public_id=public_id,
                    account_id=account.id,
                    created_at=NOW - timedelta(hours=hours),
                    updated_at=NOW - timedelta(hours=hours),
                    state=DraftState.OPEN if public_id == "ultima" else DraftState.DISCARDED,
                )
            )
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        wallets.put_in(session, subject, Why(PostingKind.TOP_UP, "X"), 1234, LedgerAccount.CASH_IN, now=NOW)
        numbers = [orders[-1].number, *(order.number for order in orders[:4])]
    with services.reading() as session:
        page = home.look(session, subject, today=TODAY)

    assert [order.number for order in page.to_pay] == numbers, "the oldest first"
    assert [order.is_declared for order in page.to_pay] == [True, False, False, False, False]
    assert (page.draft, page.credit_cents) == ("ultima", 1234)
