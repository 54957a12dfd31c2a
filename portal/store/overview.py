"""What stands around the mailbox list, in one statement: the account's tabs, its selection, the prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    String,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from portal.domain.choices import first_choice
from portal.domain.conventions import Convention, Payer
from portal.domain.plans import Plan
from portal.domain.price_list import Item, Price, PriceList, price_list_on
from portal.domain.pricing import Choice
from portal.domain.promotions import Promotion
from portal.store.base import AnyRow, AnySelect
from portal.store.conventions import PAID_BY_MEMBER, ConventionRow, in_force
from portal.store.mailboxes import Mailbox
from portal.store.planner import unindexed
from portal.store.prices import PriceRow, years_in
from portal.store.promotions import PromotionRow
from portal.store.renewability import RENEWABLE, TODAY, day_values
from portal.store.scope import ACCOUNT_ID, OF_THE_ACCOUNT
from portal.store.selections import SelectedMailbox

SelectedGroups = Sequence[tuple[Choice, int]]
"""The selection by what each mailbox is now, for one year, and how many are so."""


_ONE, _TWO = literal_column("1", Integer), literal_column("2", Integer)
_TAB_ORDER = (Mailbox.of_account_holder, Mailbox.expires_on, Mailbox.address)


@dataclass(frozen=True, slots=True)
class Overview:
    """The account around one page of its list."""

    only_address: str | None
    """The address of the account's mailbox when it has exactly one."""
    has_own: bool
    has_others: bool
    selected: SelectedGroups
    prices: PriceList


def overview(session: Session, account_id: int, today: date) -> Overview:
    """Return what surrounds the list. The selection leaves out what cannot be renewed today."""
    rows = session.connection().execute(OVERVIEW, day_values(today) | {"account_id": account_id}).all()
    prices = price_list_on(
        [_price(row) for row in rows if row.kind == "price"],
        today,
        [_promotion(row) for row in rows if row.kind == "promotion"],
        conventions=[_convention(row) for row in rows if row.kind == "convention"],
    )
    (account,) = (row for row in rows if row.kind == "account")
    return Overview(
        only_address=account.name if account.first == 1 else None,
        has_own=account.second is not None,
        has_others=account.third is not None,
        selected=[_group(row, prices) for row in rows if row.kind == "selected"],
        prices=prices,
    )


def _group(row: AnyRow, prices: PriceList) -> tuple[Choice, int]:
    """Return what the mailboxes are, for one year or as their convention says."""
    now = Choice(Plan(row.name), row.first, row.second, convention=row.terms)
    return first_choice(now, prices.conventions), row.third


def _convention(row: AnyRow) -> Convention:
    plan, payer = Plan(row.terms), Payer.MEMBER
    return Convention(row.name, "", payer, plan, row.second, row.first, row.valid_from, row.valid_to)


def _price(row: AnyRow) -> Price:
    return Price(Item(row.name), row.first, row.valid_from, row.valid_to, years_in(row.terms))


def _promotion(row: AnyRow) -> Promotion:
    """Return a promotion as far as it is needed for a price: what it is called is not."""
    plans = frozenset(map(Plan, row.name.split(",")))
    return Promotion(
        "", plans, row.first, row.valid_from, row.valid_to, years_in(row.terms), bool(row.second)
    )


def _account() -> AnySelect:
    # The order makes PostgreSQL take the index; without it a LIMIT invites it to scan the table.
    theirs = select(Mailbox.address).where(OF_THE_ACCOUNT).order_by(*_TAB_ORDER)
    first_two = theirs.limit(_TWO).subquery()
    return select(
        literal_column("'account'").label("kind"),
        cast(theirs.limit(_ONE).scalar_subquery(), String).label("name"),
        select(func.count()).select_from(first_two).scalar_subquery().label("first"),
        _first_of_tab(own=True).label("second"),
        _first_of_tab(own=False).label("third"),
        cast(null(), Date).label("valid_from"),
        cast(null(), Date).label("valid_to"),
        cast(null(), String).label("terms"),
    )


def _first_of_tab(*, own: bool) -> ColumnElement[int | None]:
    """Return the id of one mailbox of the tab, or NULL when it is empty."""
    tab = Mailbox.of_account_holder.is_(true() if own else false())
    return select(Mailbox.id).where(OF_THE_ACCOUNT, tab).order_by(*_TAB_ORDER).limit(_ONE).scalar_subquery()


def _selected() -> AnySelect:
    space = (Mailbox.extra_mailbox_gb, Mailbox.extra_archive_gb)
    kind_of_mailbox = (Mailbox.plan, *space, Mailbox.convention_code)
    return (
        select(
            literal_column("'selected'"),
            cast(Mailbox.plan, String),
            Mailbox.extra_mailbox_gb,
            Mailbox.extra_archive_gb,
            func.count(),
            cast(null(), Date),
            cast(null(), Date),
            Mailbox.convention_code,
        )
        .join_from(SelectedMailbox, Mailbox, Mailbox.id == SelectedMailbox.mailbox_id)
        .where(SelectedMailbox.account_id == ACCOUNT_ID, unindexed(Mailbox.account_id) == ACCOUNT_ID)
        .where(RENEWABLE)
        .group_by(*kind_of_mailbox)
    )


def _prices() -> AnySelect:
    return select(
        literal_column("'price'"),
        cast(PriceRow.item, String),
        PriceRow.net_cents,
        literal_column("0"),
        literal_column("0"),
        PriceRow.valid_from,
        PriceRow.valid_to,
        PriceRow.terms,
    ).where(PriceRow.valid_from <= TODAY, or_(PriceRow.valid_to.is_(None), PriceRow.valid_to >= TODAY))


def _promotions() -> AnySelect:
    return select(
        literal_column("'promotion'"),
        PromotionRow.plans,
        PromotionRow.yearly_cents,
        cast(PromotionRow.first_year_only, Integer),
        literal_column("0"),
        PromotionRow.valid_from,
        PromotionRow.valid_to,
        PromotionRow.terms,
    ).where(PromotionRow.valid_from <= TODAY, PromotionRow.valid_to >= TODAY)


def _conventions() -> AnySelect:
    return select(
        literal_column("'convention'"),
        ConventionRow.code,
        ConventionRow.total_net_cents,
        ConventionRow.term_years,
        literal_column("0"),
        ConventionRow.valid_from,
        ConventionRow.valid_to,
        cast(ConventionRow.plan, String),
    ).where(in_force(TODAY), PAID_BY_MEMBER)


OVERVIEW = union_all(_account(), _selected(), _prices(), _promotions(), _conventions())
