"""The audit finds each invariant broken by hand, and says nothing of data that came about by the rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.payments import PaymentMethod
from portal.store.mailboxes import Mailbox
from portal.usecases import credit_payments, fulfilment, top_ups, wallets
from portal.usecases.audit import Check, audit
from portal.usecases.payments import Money, settle
from portal.usecases.wallets import Why
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.spread import every_database
from tests.usecases.test_audit_renewals import BROKEN_RENEWALS

pytestmark = every_database


def live(session: Session) -> Mailbox:
    """Let an account top up, pay an order from credit, have it renewed, and pay too much for another."""
    account = make_account(session)
    subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    box = make_mailbox(session, account)
    top_up = top_ups.place_top_up(session, subject, 2000, now=NOW)
    settle(session, Money(top_up.number, 2000, TODAY, PaymentMethod.CARD, "p-1"), now=NOW)
    order = make_order(session, [box], number=new_order_number(bytes(range(RANDOM_BYTES))))
    credit_payments.pay_from_credit(session, subject, order.number, now=NOW)
    (task,) = fulfilment.begin_renewals(session, [1], now=NOW).values()
    assert task.order is not None
    fulfilment.complete_renewal(session, task.line_id, task.order, now=NOW)
    make_order(session, [make_mailbox(session, account)])
    settle(session, Money("?", 700, TODAY, PaymentMethod.BANK_TRANSFER, "TRN-1"), now=NOW)
    session.execute(text("UPDATE outbox SET state = 'done' WHERE key LIKE 'platform.renew:%'"))
    return box


def found(services: Services) -> set[Check]:
    with services.reading() as session:
        return {finding.check for finding in audit(session, today=TODAY, now=NOW)}


@pytest.fixture
def lived(services: Services) -> Services:
    with services.transaction() as session:
        live(session)
    return services


def test_data_that_came_about_by_the_rules_are_sound(lived: Services) -> None:
    assert found(lived) == set()


MORE_OF_LOT = "UPDATE credit_lot SET left_cents = left_cents - 1 WHERE left_cents > 0"
BROKEN: dict[Check, list[str]] = {
    Check.POSTING_UNBALANCED: [
        (
            "INSERT INTO ledger_posting (kind, source, reason, posted_at)"
            " VALUES ('adjustment', 'by hand', '', '2026-11-24 09:00')"
        )
    ],
    Check.LOT_WRONG: [MORE_OF_LOT],
    Check.BALANCE_WRONG: ["UPDATE wallet SET balance_cents = balance_cents + 1"],
    Check.ENTRY_OF_ANOTHER_WALLET: [
        (
            "INSERT INTO ledger_posting (kind, source, reason, posted_at)"
            " VALUES ('adjustment', 'astray', '', '2026-11-24 09:00')"
        ),
        (
            "INSERT INTO ledger_entry (posting_id, account, lot_id, amount_cents)"
            " SELECT (SELECT max(id) FROM ledger_posting), 'wallet', min(id), 5 FROM credit_lot"
        ),
    ],
    Check.PAID_WITHOUT_ONE_PAYMENT: ["UPDATE payment SET state = 'failed' WHERE method = 'card'"],
    Check.PAYMENT_WITHOUT_PAID_ORDER: ["UPDATE customer_order SET paid_at = NULL"],
    Check.UNAPPLIED_WITHOUT_CREDIT: ["UPDATE payment SET state = 'unapplied' WHERE method = 'card'"],
    Check.CREDIT_PAYMENT_WITHOUT_PURCHASE: [
        "UPDATE payment SET method = 'credit' WHERE method = 'card'",
    ],
    Check.PURCHASE_WITHOUT_PAYMENT: ["UPDATE payment SET method = 'paypal' WHERE method = 'credit'"],
    Check.TOP_UP_WITHOUT_CREDIT: [
        "UPDATE customer_order SET kind = 'top_up' WHERE paid_at IS NOT NULL AND kind = 'renewal'"
    ],
    Check.REFUND_APART: [
        (
            "INSERT INTO payment_attempt (order_id, reference, method, gateway, gateway_key, page_url,"
            " amount_cents, keeps_method, state, opened_at) SELECT max(id), 'p-2', 'card', 'x', '', '', 610,"
            " (1 = 0), 'succeeded', '2026-11-24 08:00' FROM customer_order"
        ),
        (
            "INSERT INTO withdrawal (order_id, state, requested_at, name, email, address, refund_cents,"
            " kept_cents) SELECT max(id), 'effective', '2026-11-24 08:00', 'M', 'm@posta.example', '', 610, 0"
            " FROM customer_order"
        ),
        (
            "INSERT INTO gateway_refund (withdrawal_id, attempt_id, reference, amount_cents, state,"
            " gateway_key, words, opened_at) SELECT max(w.id), max(a.id), 'r-2', 610, 'done', '', '',"
            " '2026-11-24 08:00' FROM withdrawal AS w, payment_attempt AS a"
        ),
    ],
    Check.CHARGE_NOT_SENT_BACK: [
        (
            "INSERT INTO payment_attempt (order_id, reference, method, gateway, gateway_key, page_url,"
            " amount_cents, keeps_method, state, opened_at) SELECT max(id), 'p-3', 'card', 'x', '', '', 610,"
            " (1 = 0), 'unapplied', '2026-11-24 08:00' FROM customer_order"
        ),
        (
            "INSERT INTO gateway_refund (payment_id, attempt_id, reference, amount_cents, state,"
            " gateway_key, words, opened_at) SELECT max(p.id), max(a.id), 'r-3', 610, 'done', '', '',"
            " '2026-11-24 08:00' FROM payment AS p, payment_attempt AS a"
        ),
    ],
    Check.ORDER_SUMS_WRONG: ["UPDATE order_line SET base_net_cents = 900, net_cents = 900"],
    Check.LINE_AND_TERM_APART: ["DELETE FROM renewal"],
    Check.TERMS_OVERLAP: [
        (
            "INSERT INTO renewal (order_line_id, mailbox_id, starts_on, ends_on, granted_at)"
            " SELECT 2, mailbox_id, '2027-03-01', ends_on, granted_at FROM renewal"
        )
    ],
    Check.PAID_LINE_WITHOUT_WORK: [
        "UPDATE customer_order SET state = 'paid' WHERE state = 'awaiting_payment'",
    ],
    Check.PAID_SPACE_WITHOUT_WORK: [
        "UPDATE customer_order SET kind = 'extra_space' WHERE kind = 'top_up'",
    ],
    Check.ORDER_AND_LINES_APART: [
        "UPDATE customer_order SET state = 'cancelled' WHERE state = 'awaiting_payment'"
    ],
    Check.MAILBOX_ORDERED_TWICE: [
        "DROP INDEX uq_order_line_open_mailbox",
        "UPDATE order_line SET is_open = (1 = 1), mailbox_id = 1",
    ],
    Check.SPACE_PAST_ITS_TERM: [
        "UPDATE mailbox SET extra_paid_until = '2026-08-22', expires_on = '2027-08-22' WHERE id = 1"
    ],
    Check.MAILBOX_PAST_ITS_END: [
        "UPDATE mailbox SET expires_on = '2026-08-22', created_at = '2026-01-01 09:00' WHERE id = 1"
    ],
    Check.MAIL_WITHOUT_WORK: ["UPDATE outbox SET state = 'done'"],
    Check.ROW_BEYOND_ITS_LEASE: ["UPDATE outbox SET state = 'claimed', not_before = '2026-11-24 08:59'"],
    Check.ATTEMPT_UNDECIDED: [
        (
            "INSERT INTO payment_attempt (order_id, reference, method, gateway, gateway_key, page_url,"
            " amount_cents, keeps_method, state, opened_at) SELECT max(id), 'p-2', 'card', 'x', '', '', 610,"
            " (1 = 0), 'unknown', '2026-11-23 08:00' FROM customer_order"
        )
    ],
}
"""The SQL that breaks each invariant."""
GUARDED_BY_SCHEMA = {Check.MAIL_TOLD_TWICE}
"""A unique key stands before it; it is looked for all the same, should a migration lose the key."""
TOLD_BY_QUOTES = {Check.QUOTE_WRONG}
"""test_quotes.py breaks quotes in every way."""


@pytest.mark.parametrize("check", list(BROKEN))
def test_a_broken_invariant_is_reported(apart: Services, check: Check) -> None:
    with apart.transaction() as session:
        live(session)
    with apart.transaction() as session:
        for statement in BROKEN[check]:
            session.execute(text(statement))

    assert check in found(apart)


def test_every_check_is_broken_once() -> None:
    assert set(BROKEN) | GUARDED_BY_SCHEMA | TOLD_BY_QUOTES | set(BROKEN_RENEWALS) == set(Check)


def test_what_is_off_is_named_a_few_at_a_time(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        for _ in range(30):
            make_mailbox(session, account, expires_in=-200, created_at=NOW - timedelta(days=300))
    with services.reading() as session:
        named = list(audit(session, today=TODAY, now=NOW))

    assert len(named) == 20


@pytest.mark.parametrize("table", ["ledger_posting", "ledger_entry"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_the_ledger_is_only_added_to(lived: Services, table: str, change: str) -> None:
    with pytest.raises(Exception, match="append-only"), lived.transaction() as session:
        session.execute(text(change.format(table)))


@pytest.mark.parametrize("table", ["ledger_posting", "ledger_entry"])
def test_the_ledger_is_neither_emptied_nor_written_over(lived: Services, table: str) -> None:
    is_sqlite = lived.engine.dialect.name == "sqlite"
    change = "INSERT OR REPLACE INTO {0} SELECT * FROM {0}" if is_sqlite else "TRUNCATE {0} CASCADE"

    with pytest.raises(Exception, match="append-only"), lived.transaction() as session:
        session.execute(text(change.format(table)))

    assert found(lived) == set()


def test_a_posting_that_does_not_sum_to_zero_is_refused(services: Services) -> None:
    with services.transaction() as session:
        subject = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)
        why = Why(PostingKind.ADJUSTMENT, "once")
        assert wallets.put_in(session, subject, why, 100, LedgerAccount.ADJUSTMENTS, now=NOW)
        assert not wallets.put_in(session, subject, why, 100, LedgerAccount.ADJUSTMENTS, now=NOW)
        assert wallets.balance_of(session, subject, today=TODAY + timedelta(days=4000)) == 100
