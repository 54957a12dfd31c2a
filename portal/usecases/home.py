"""The first page of an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.conventions import Membership
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound
from portal.domain.forecast import YearAhead, year_ahead
from portal.domain.lifecycle import days_left, last_day_to_renew
from portal.domain.listing import Standing, standing_on
from portal.domain.money import Cents
from portal.domain.plans import PLANS, Plan
from portal.domain.renewability import NotRenewable
from portal.store import home
from portal.store.base import AnyRow
from portal.store.conventions import membership_of
from portal.store.open_orders import OpenOrder, open_order_of
from portal.store.prices import prices_on
from portal.usecases import correspondence
from portal.usecases.correspondence import ListedMail
from portal.usecases.mailboxes import reason_of

LATEST_MAILS = 3


@dataclass(frozen=True, slots=True)
class Expiry:
    """One mailbox that expires soon."""

    address: str
    plan: Plan
    standing: Standing
    expires_on: date
    days_left: int
    last_day: date | None
    """The last day to renew, for a mailbox that has expired: after it the contents are lost."""
    is_last_day: bool
    """Today is that day, and nothing is on its way that would renew it."""
    not_renewable: NotRenewable | None
    open_order: OpenOrder | None
    membership: Membership | None


@dataclass(frozen=True, slots=True)
class OrderToPay:
    """One order that waits for its money."""

    number: str
    due_cents: int
    placed_on: date
    is_declared: bool
    """The customer said to have paid it."""


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What needs doing. Source: product.md 3 (`/`)."""

    expiries: list[Expiry]
    to_pay: list[OrderToPay]
    ahead: YearAhead
    mails: Sequence[ListedMail]
    draft: str | None
    credit_cents: Cents

    @property
    def last_chances(self) -> list[Expiry]:
        """Return those of the mailboxes that are lost tomorrow if nobody does anything today."""
        return [each for each in self.expiries if each.is_last_day]

    @property
    def may_have_more_last_chances(self) -> bool:
        """Say whether mailboxes that are not among the first may be lost tomorrow as well."""
        return len(self.expiries) == home.SHOWN and self.expiries[-1].is_last_day


def look(session: Session, subject: Subject, *, today: date) -> FirstPage:
    """Return the first page: five statements, whatever the account holds. Raises NotFound for a mailbox."""
    if subject.account_id is None:
        raise NotFound
    waiting = home.waiting(session, subject, today)
    return FirstPage(
        expiries=[_expiry(row, today) for row in home.next_expiries(session, subject.account_id, today)],
        to_pay=[OrderToPay(row.name, row.cents, rome_day(row.at), row.is_declared) for row in waiting.orders],
        ahead=year_ahead(
            home.renewals_ahead(session, subject.account_id, today),
            prices_on(session, today).at_list_price(),
            today=today,
        ),
        mails=correspondence.latest_mails(session, subject, count=LATEST_MAILS),
        draft=waiting.draft,
        credit_cents=waiting.credit_cents,
    )


def _expiry(row: AnyRow, today: date) -> Expiry:
    membership, order, last_day = membership_of(row), open_order_of(row), _last_day(row, today)
    not_renewable = reason_of(row, membership.standing if membership else None, today)
    is_waiting = not_renewable is None or (order is not None and order.payable and not order.declared)
    return Expiry(
        row.address,
        row.plan,
        standing_on(today, row.expires_on, row.plan, row.cancelled_on),
        row.expires_on,
        days_left(today, row.expires_on),
        last_day,
        is_last_day=last_day == today and is_waiting,
        not_renewable=not_renewable,
        open_order=order,
        membership=membership,
    )


def _last_day(row: AnyRow, today: date) -> date | None:
    if row.expires_on >= today or not PLANS[row.plan].renewable_here:
        return None
    return last_day_to_renew(row.expires_on, PLANS[row.plan].grace_days, row.cancelled_on)
