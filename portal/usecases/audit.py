"""The portal checks itself: what must be true of its data once everything has come to rest.

Every check is a set-based query that finds contradictions; a few of each are named and the rest is not read,
so memory is bounded whatever is off. Source: hardening.md 3.3, lessons.md 2 (L14).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal.domain.extra_renewal import NOTICE_DAYS
from portal.store import audit_money, audit_renewals, audit_work
from portal.store.house import renewal_calendar
from portal.usecases.credit_effects import CREDITED_CURRENCY
from portal.usecases.quotes import verify_quotes

NAMED = 20
"""How many contradictions of one check are named."""
CANCELLATION_PATIENCE = timedelta(days=3)
"""The clock works hourly, but may have been away."""
ATTEMPT_PATIENCE = timedelta(days=1)
"""A gateway that was asked for so long without an answer is a person's task."""


class Check(StrEnum):
    """What is checked."""

    POSTING_UNBALANCED = "posting_unbalanced"
    LOT_WRONG = "lot_wrong"
    BALANCE_WRONG = "balance_wrong"
    ENTRY_OF_ANOTHER_WALLET = "entry_of_another_wallet"
    PAID_WITHOUT_ONE_PAYMENT = "paid_without_one_payment"
    PAYMENT_WITHOUT_PAID_ORDER = "payment_without_paid_order"
    UNAPPLIED_WITHOUT_CREDIT = "unapplied_without_credit"
    CREDIT_PAYMENT_WITHOUT_PURCHASE = "credit_payment_without_purchase"
    PURCHASE_WITHOUT_PAYMENT = "purchase_without_payment"
    TOP_UP_WITHOUT_CREDIT = "top_up_without_credit"
    REFUND_APART = "refund_apart"
    CHARGE_NOT_SENT_BACK = "charge_not_sent_back"
    ORDER_SUMS_WRONG = "order_sums_wrong"
    QUOTE_WRONG = "quote_wrong"
    LINE_AND_TERM_APART = "line_and_term_apart"
    TERMS_OVERLAP = "terms_overlap"
    PAID_LINE_WITHOUT_WORK = "paid_line_without_work"
    PAID_SPACE_WITHOUT_WORK = "paid_space_without_work"
    ORDER_AND_LINES_APART = "order_and_lines_apart"
    MAILBOX_ORDERED_TWICE = "mailbox_ordered_twice"
    SPACE_PAST_ITS_TERM = "space_past_its_term"
    MAILBOX_PAST_ITS_END = "mailbox_past_its_end"
    MAIL_TOLD_TWICE = "mail_told_twice"
    MAIL_WITHOUT_WORK = "mail_without_work"
    ROW_BEYOND_ITS_LEASE = "row_beyond_its_lease"
    ATTEMPT_UNDECIDED = "attempt_undecided"
    CHARGE_UNANNOUNCED = "charge_unannounced"
    CHARGE_ABOVE_ANNOUNCEMENT = "charge_above_announcement"
    CHARGE_WITHOUT_MANDATE = "charge_without_mandate"
    CHARGE_AFTER_EXPIRY = "charge_after_expiry"
    CYCLE_AND_ORDER_APART = "cycle_and_order_apart"
    CYCLE_PAST_ITS_EXPIRY = "cycle_past_its_expiry"
    SWITCH_APART = "switch_apart"


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction: which check, and the number, key or address that shows it."""

    check: Check
    what: str


def audit(session: Session, *, today: date, now: datetime) -> Iterator[Finding]:
    """Yield what contradicts itself, up to NAMED of each check; nothing is what everybody wants."""
    for check, query in {**_queries(today, now), **_about_renewals(session, today)}.items():
        for found in session.scalars(query.limit(NAMED)):
            yield Finding(check, str(found))
    wrong = (verdict for _, verdicts in verify_quotes(session) for verdict in verdicts)
    for verdict in islice(wrong, NAMED):
        yield Finding(Check.QUOTE_WRONG, verdict.public_id)


def _queries(today: date, now: datetime) -> Mapping[Check, Select[Any]]:
    money, work = audit_money, audit_work
    return {
        Check.POSTING_UNBALANCED: money.unbalanced_postings(),
        Check.LOT_WRONG: money.wrong_lots(),
        Check.BALANCE_WRONG: money.wrong_balances(),
        Check.ENTRY_OF_ANOTHER_WALLET: money.strange_entries(),
        Check.PAID_WITHOUT_ONE_PAYMENT: money.paid_without_one_payment(),
        Check.PAYMENT_WITHOUT_PAID_ORDER: money.payments_without_paid_order(),
        Check.UNAPPLIED_WITHOUT_CREDIT: money.unapplied_without_credit(CREDITED_CURRENCY),
        Check.CREDIT_PAYMENT_WITHOUT_PURCHASE: money.credit_payments_without_purchase(),
        Check.PURCHASE_WITHOUT_PAYMENT: money.purchases_without_payment(),
        Check.TOP_UP_WITHOUT_CREDIT: money.top_ups_without_credit(),
        Check.REFUND_APART: money.refunds_apart(),
        Check.CHARGE_NOT_SENT_BACK: money.charges_not_sent_back(),
        Check.ORDER_SUMS_WRONG: money.wrong_order_sums(),
        Check.LINE_AND_TERM_APART: work.lines_and_terms_apart(),
        Check.TERMS_OVERLAP: work.overlapping_terms(),
        Check.PAID_LINE_WITHOUT_WORK: work.paid_lines_without_work(),
        Check.PAID_SPACE_WITHOUT_WORK: work.paid_space_without_work(),
        Check.ORDER_AND_LINES_APART: work.orders_and_lines_apart(),
        Check.MAILBOX_ORDERED_TWICE: work.mailboxes_ordered_twice(),
        Check.SPACE_PAST_ITS_TERM: work.space_past_its_term(
            today - CANCELLATION_PATIENCE, now - CANCELLATION_PATIENCE - timedelta(days=NOTICE_DAYS)
        ),
        Check.MAILBOX_PAST_ITS_END: work.mailboxes_past_their_end(today, CANCELLATION_PATIENCE),
        Check.MAIL_TOLD_TWICE: work.mails_told_twice(),
        Check.MAIL_WITHOUT_WORK: work.mails_without_work(),
        Check.ROW_BEYOND_ITS_LEASE: work.rows_beyond_their_lease(now),
        Check.ATTEMPT_UNDECIDED: work.undecided_attempts(now - ATTEMPT_PATIENCE),
    }


def _about_renewals(session: Session, today: date) -> Mapping[Check, Select[Any]]:
    renewals = audit_renewals
    return {
        Check.CHARGE_UNANNOUNCED: renewals.charges_unannounced(renewal_calendar(session).notice),
        Check.CHARGE_ABOVE_ANNOUNCEMENT: renewals.charges_above_announcement(),
        Check.CHARGE_WITHOUT_MANDATE: renewals.charges_without_mandate(),
        Check.CHARGE_AFTER_EXPIRY: renewals.charges_after_expiry(),
        Check.CYCLE_AND_ORDER_APART: renewals.cycles_and_orders_apart(),
        Check.CYCLE_PAST_ITS_EXPIRY: renewals.cycles_past_their_expiry(today, CANCELLATION_PATIENCE),
        Check.SWITCH_APART: renewals.switches_apart(),
    }
