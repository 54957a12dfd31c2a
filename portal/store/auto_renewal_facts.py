"""What renews by itself, with all that its price, its order and its mails depend on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from portal.domain.auto_renewal import CycleEnd
from portal.domain.mandates import StoredMethodState
from portal.domain.money import Cents
from portal.domain.orders import LineState
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.store.accounts import Account, Holder
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.billing import BillingProfile
from portal.store.contracts import SOURCE_LANGUAGE
from portal.store.conventions import ConventionRow, agreed_on
from portal.store.fit import permitted_extra_archive, permitted_extra_mailbox
from portal.store.house import renewal_calendar
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine, Renewal
from portal.store.renewability import not_renewable_reason
from portal.store.scheduled_changes import LAST_WAITING, ScheduledChange
from portal.store.stored_methods import Mandate, RenewsWith, StoredMethod


class RenewalFacts(NamedTuple):
    """A mailbox that could renew by itself: what it would become, who pays, and by what."""

    mailbox_id: int
    address: str
    account_id: int | None
    holder_id: int
    expires_on: date
    plan_before: Plan
    plan: Plan
    extra_mailbox_gb: int
    extra_archive_gb: int
    convention_code: str | None
    agreed_years: int | None
    last_years: int | None
    split_payment: bool
    reason: str | None
    """Why it cannot be renewed, as a code; None where it can."""
    method_id: int | None
    """None where it does not renew by itself."""
    method: PaymentMethod | None
    brand: str | None
    last_four: str | None
    method_is_active: bool
    method_expires_on: date | None
    maximum_cents: Cents | None
    """The customer's own for this mailbox."""
    credit_first: bool
    mandated_cents: Cents
    """The most that a mandate in force allows for one charge of the method; 0 without one."""
    holder_email: str
    holder_name: str
    account_email: str | None
    language: str


@dataclass(frozen=True, slots=True)
class AccountPlace:
    """Where announcing goes on: by account, so that one mail lists what one account renews."""

    account_id: int
    mailbox_id: int


_OWNER = func.coalesce(Mailbox.account_id, 0)


def facts_of(session: Session, mailbox_ids: Collection[int], today: date) -> dict[int, RenewalFacts]:
    """Return the facts of these mailboxes by id."""
    rows = session.execute(_facts(today).where(Mailbox.id.in_(mailbox_ids)))
    return {row[0]: RenewalFacts._make(row) for row in rows}


def facts_where(session: Session, which: ColumnElement[bool], today: date) -> Sequence[RenewalFacts]:
    """Return the facts of the mailboxes of that condition, by expiry and address: one statement."""
    rows = session.execute(_facts(today).where(which).order_by(Mailbox.expires_on, Mailbox.address))
    return [RenewalFacts._make(row) for row in rows]


def to_announce(
    session: Session, after: AccountPlace | None, today: date, limit: int
) -> Sequence[RenewalFacts]:
    """Return the next mailboxes whose auto-renewal is to be announced by today, account by account."""
    calendar = renewal_calendar(session)
    first, last = (today + timedelta(days=days) for days in (calendar.by_hand_below, calendar.announced))
    query = (
        _facts(today)
        .where(
            Mailbox.expires_on >= first,
            Mailbox.expires_on <= last,
            Mailbox.auto_renewal,
            StoredMethod.state == StoredMethodState.ACTIVE,
            not_renewable_reason(today).is_(None),
            ~exists().where(
                AutoRenewalCycle.mailbox_id == Mailbox.id,
                AutoRenewalCycle.expires_on == Mailbox.expires_on,
                or_(AutoRenewalCycle.ended_by.is_(None), AutoRenewalCycle.ended_by != CycleEnd.SWITCHED_OFF),
            ),
        )
        .order_by(_OWNER, Mailbox.id)
        .limit(limit)
    )
    if after is not None:
        place = tuple_(literal(after.account_id), literal(after.mailbox_id))
        query = query.where(tuple_(_OWNER, Mailbox.id) > place)
    return [RenewalFacts._make(row) for row in session.execute(query)]


def _facts(today: date) -> Any:
    day = literal(today, Date)
    plan = func.coalesce(agreed_on(ConventionRow.plan, day), ScheduledChange.plan, Mailbox.plan)
    mailbox_gb = func.coalesce(ScheduledChange.extra_mailbox_gb, Mailbox.extra_mailbox_gb)
    archive_gb = func.coalesce(ScheduledChange.extra_archive_gb, Mailbox.extra_archive_gb)
    free = Mailbox.convention_code.is_(None)
    columns: tuple[Any, ...] = (
        Mailbox.id,
        Mailbox.address,
        Mailbox.account_id,
        Mailbox.holder_id,
        Mailbox.expires_on,
        Mailbox.plan,
        plan,
        case((free, mailbox_gb), else_=permitted_extra_mailbox(plan, mailbox_gb)),
        case((free, archive_gb), else_=permitted_extra_archive(plan, archive_gb)),
        Mailbox.convention_code,
        agreed_on(ConventionRow.term_years, day),
        _last_years(),
        func.coalesce(_split_payment(), false()),
        not_renewable_reason(today),
        StoredMethod.id,
        StoredMethod.method,
        StoredMethod.brand,
        StoredMethod.last_four,
        func.coalesce(StoredMethod.state == StoredMethodState.ACTIVE, false()),
        StoredMethod.expires_on,
        RenewsWith.maximum_cents,
        func.coalesce(RenewsWith.credit_first, false()),
        func.coalesce(_mandated(), 0),
        Holder.contact_email,
        case(
            (Holder.business_name != "", Holder.business_name),
            else_=Holder.first_name + " " + Holder.last_name,
        ),
        Account.email,
        func.coalesce(Account.language, Mailbox.language, SOURCE_LANGUAGE),
    )
    return (
        select(*columns)
        .select_from(Mailbox)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .outerjoin(Account, Account.id == Mailbox.account_id)
        .outerjoin(ScheduledChange, LAST_WAITING)
        .outerjoin(RenewsWith, and_(RenewsWith.mailbox_id == Mailbox.id, Mailbox.auto_renewal))
        .outerjoin(StoredMethod, StoredMethod.id == RenewsWith.stored_method_id)
    )


def _last_years() -> Any:
    """Return one SQL value: the term of the mailbox's last renewal, or NULL."""
    return (
        select(OrderLine.term_years)
        .join(Renewal, Renewal.order_line_id == OrderLine.id)
        .where(Renewal.mailbox_id == Mailbox.id, OrderLine.state == LineState.FULFILLED)
        .order_by(Renewal.starts_on.desc())
        .limit(1)
        .correlate(Mailbox)
        .scalar_subquery()
    )


def _split_payment() -> Any:
    """Return one SQL value: whether who is invoiced pays the net alone. The profile is `profile_for`'s."""
    whose = case(
        (Mailbox.account_id.is_(None), BillingProfile.mailbox_id == Mailbox.id),
        else_=BillingProfile.account_id == Mailbox.account_id,
    )
    return select(BillingProfile.split_payment).where(whose).correlate(Mailbox).limit(1).scalar_subquery()


def _mandated() -> Any:
    return (
        select(func.max(Mandate.maximum_cents))
        .where(Mandate.stored_method_id == StoredMethod.id, Mandate.revoked_at.is_(None))
        .correlate(StoredMethod)
        .scalar_subquery()
    )
