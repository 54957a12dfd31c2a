"""Looking at mailboxes: the account's list page by page, and one mailbox with everything about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import (
    Action,
    Keeper,
    Subject,
    allowed,
    lacking_of,
    masked_account,
    relation_of,
)
from portal.domain.changes import Package, PackageFrom, changes_ahead
from portal.domain.conventions import ConventionStanding, Membership
from portal.domain.customers import BUSINESS_REGISTER
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound
from portal.domain.lifecycle import (
    Capabilities,
    MailboxState,
    Timeline,
    capabilities,
    days_left,
    state_on,
    timeline,
)
from portal.domain.listing import Listing, Page, Standing, one_page, standing_on
from portal.domain.orders import OrderState
from portal.domain.plans import PLANS, Plan
from portal.domain.renewability import NotRenewable, renews_by_itself, why_not_renewable
from portal.store import mailbox_page
from portal.store.base import AnyRow
from portal.store.conventions import membership_of
from portal.store.mailbox_list import list_rows
from portal.store.open_orders import OpenOrder, open_order_of
from portal.store.overview import overview
from portal.store.scheduled_changes import terms_ahead
from portal.usecases.mailbox_space import Space, archive_of, space_of, stale_since
from portal.usecases.selection import SelectionBar, account_of, bar_of


@dataclass(frozen=True, slots=True)
class ListedMailbox:
    """One row of the list. Source: product.md 3.1."""

    id: int
    address: str
    plan: Plan
    standing: Standing
    expires_on: date
    days_left: int
    """Negative after the expiry."""
    space: Space
    archive: Space | None
    used_read_at: datetime | None
    """When the mail server said so; None: the register did."""
    has_document: bool
    """Whether an identity document was sent."""
    stale_since: date | None
    """The day of a reading that is older than it should be."""
    auto_renewal: bool
    """Never where it would mean nothing: with a domain, or where the body of a convention pays."""
    has_method: bool
    """Whether a stored method renews it; without one nothing is charged. Source: domain.md 6."""
    membership: Membership | None
    selected: bool
    not_renewable: NotRenewable | None
    open_order: OpenOrder | None
    ahead: Sequence[PackageFrom]
    """A smaller plan or less space, bought already, and the days they wait for. Source: domain.md 3.4."""

    @property
    def local_part(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def domain_part(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class MailboxList:
    """One page of the list and what stands around it."""

    page: Page[ListedMailbox]
    bar: SelectionBar
    has_own: bool
    has_others: bool
    only_address: str | None
    """The one mailbox of an account that has no other: its list is skipped."""


@dataclass(frozen=True, slots=True)
class OrderOfMailbox:
    """One order of «Ordini associati al prodotto»."""

    number: str
    placed_on: date
    gross_cents: int
    state: OrderState
    is_declared: bool


@dataclass(frozen=True, slots=True)
class MailboxDetails:
    """One mailbox with all that its page says. Source: product.md 3."""

    mailbox: ListedMailbox
    holder_name: str
    in_business_register: bool
    timeline: Timeline
    works_now: Capabilities
    works_suspended: Capabilities
    may_change_plan: bool
    method_expires_on: date | None
    """The last day of the card that renews it, if it has one."""
    has_extra_space: bool
    may_add_space: bool
    lacking: Mapping[Action, Keeper]
    """What the subject may not do, and who can: the pages say it where a control is missing."""
    keeper_account: str
    """The account the mailbox was bought with, masked; empty if there is none."""
    has_siblings: bool
    """Whether the subject has a list to go back to."""
    orders: list[OrderOfMailbox]


def browse(session: Session, subject: Subject, listing: Listing, *, today: date) -> MailboxList:
    """Return one page of the account's list. Raises NotFound for a mailbox's own session."""
    account_id = account_of(subject)
    around = overview(session, account_id, today)
    rows = list_rows(session, account_id, listing, today)
    listed = [_listed(row, today, selected=row.selected_id is not None) for row in rows]
    return MailboxList(
        page=one_page(listed, listing.place),
        bar=bar_of(around),
        has_own=around.has_own,
        has_others=around.has_others,
        only_address=around.only_address,
    )


def look_at(
    session: Session, subject: Subject, address: str, *, today: date, suspended: Capabilities
) -> MailboxDetails:
    """Return one mailbox's page; `suspended` says what works after the expiry (domain.md C1).

    Raises NotFound when there is no such mailbox or it is not the subject's to see.
    """
    row = _found(session, subject, address, today)
    grace_days = PLANS[row.plan].grace_days
    state = state_on(today, row.expires_on, grace_days, row.cancelled_on)
    relation = relation_of(
        subject.kind, row.account_id, row.of_account_holder, row.convention_code is not None
    )
    return MailboxDetails(
        mailbox=_listed(row, today, selected=False),
        holder_name=row.business_name or f"{row.first_name} {row.last_name}".strip(),
        in_business_register=row.holder_kind in BUSINESS_REGISTER,
        timeline=timeline(row.expires_on, grace_days, row.cancelled_on),
        works_now=capabilities(state, suspended),
        works_suspended=suspended,
        may_change_plan=allowed(relation, Action.CHANGE_PLAN),
        method_expires_on=row.method_expires_on,
        has_extra_space=bool(row.extra_mailbox_gb or row.extra_archive_gb),
        may_add_space=allowed(relation, Action.CHANGE_EXTRA_SPACE)
        and state is MailboxState.ACTIVE
        and PLANS[row.plan].renewable_here,
        lacking=lacking_of(relation, has_account=row.account_id is not None),
        keeper_account=masked_account(row.account_username) if row.account_username else "",
        has_siblings=row.has_siblings,
        orders=[
            OrderOfMailbox(
                order.number, rome_day(order.placed_at), order.gross_cents, order.state, order.is_declared
            )
            for order in mailbox_page.orders_of_mailbox(session, subject, row.id)
        ],
    )


def _found(session: Session, subject: Subject, address: str, today: date) -> AnyRow:
    known = address.isprintable()
    row = mailbox_page.mailbox_with_holder(session, subject, address.lower(), today) if known else None
    if row is None:
        raise NotFound
    return row


def own_address(session: Session, subject: Subject) -> str:
    """Return the address of the mailbox that is signed in; raises NotFound for an account."""
    address = mailbox_page.address_of(session, subject.mailbox_id) if subject.mailbox_id else None
    if address is None:
        raise NotFound
    return address


def _listed(row: AnyRow, today: date, *, selected: bool) -> ListedMailbox:
    membership = membership_of(row)
    standing = membership.standing if membership else None
    return ListedMailbox(
        id=row.id,
        address=row.address,
        plan=row.plan,
        standing=standing_on(today, row.expires_on, row.plan, row.cancelled_on),
        expires_on=row.expires_on,
        days_left=days_left(today, row.expires_on),
        space=space_of(row),
        archive=archive_of(row),
        used_read_at=row.used_read_at,
        has_document=row.has_document,
        stale_since=stale_since(row.used_read_at, today),
        auto_renewal=row.auto_renewal and renews_by_itself(row.plan, standing),
        has_method=row.has_method,
        membership=membership,
        selected=selected,
        not_renewable=reason_of(row, standing, today),
        open_order=open_order_of(row),
        ahead=_ahead(row),
    )


def _ahead(row: AnyRow) -> list[PackageFrom]:
    if row.terms_ahead is None:
        return []
    current = Package(row.plan, row.extra_mailbox_gb, row.extra_archive_gb)
    return changes_ahead(current, terms_ahead(row.terms_ahead))


def reason_of(row: AnyRow, standing: ConventionStanding | None, today: date) -> NotRenewable | None:
    """Return why the mailbox of a row with its open line cannot be renewed today, or None."""
    return why_not_renewable(
        today,
        row.plan,
        row.expires_on,
        cancelled_on=row.cancelled_on,
        has_open_order=row.open_line_id is not None,
        convention=standing,
    )
