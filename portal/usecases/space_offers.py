"""«Acquista nuovo servizio aggiuntivo»: what more space a mailbox can have now, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Action, Subject, allowed
from portal.domain.errors import NotAllowed, NotFound, PriceMissing
from portal.domain.extra_renewal import space_term
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.money import Amounts, Cents, amounts
from portal.domain.plans import PLANS
from portal.domain.price_list import Item
from portal.domain.space_purchase import (
    GbPrices,
    NoSpace,
    SpacePrice,
    SpaceWanted,
    most_space,
    permits,
    space_price,
)
from portal.domain.vat import vat_rate_on
from portal.store import space_purchases
from portal.store.billing import profile_for
from portal.store.mailboxes import Mailbox
from portal.store.prices import prices_on
from portal.store.scheduled_changes import waiting_changes
from portal.store.scope import visible_mailboxes
from portal.usecases.credit_pages import CreditOffer, offer_for
from portal.usecases.draft_lines import mailbox_relation


@dataclass(frozen=True, slots=True)
class SpaceQuote:
    """What so much space costs: now, VAT included, and at the renewal."""

    wanted: SpaceWanted
    price: SpacePrice
    amounts: Amounts

    @property
    def vat_cents(self) -> Cents:
        return self.amounts.vat_cents

    @property
    def gross_cents(self) -> Cents:
        return self.amounts.gross_cents

    @property
    def due_cents(self) -> Cents:
        return self.amounts.due_cents

    @property
    def split_payment(self) -> bool:
        return self.amounts.split_payment


@dataclass(frozen=True, slots=True)
class SpacePage:
    """The page of one mailbox: why not, or how much and for what."""

    mailbox: Mailbox
    hindrance: NoSpace | None
    most: SpaceWanted
    prices: GbPrices
    quote: SpaceQuote | None
    """None where nothing is asked for, or more than there can be."""
    credit: CreditOffer | None
    wanted: SpaceWanted
    until: date
    """The day to which it would be paid."""


def look_at_space(
    session: Session,
    subject: Subject,
    address: str,
    wanted: SpaceWanted,
    *,
    policy: ExtraSpacePolicy,
    today: date,
) -> SpacePage:
    """Return what the page shows. Raises NotFound, NotAllowed. Source: domain.md 2.2, 8.4."""
    mailbox = own_mailbox(session, subject, address)
    hindrance = hindrance_of(session, mailbox, today)
    most, prices = room_of(mailbox), gb_prices(session, today)
    quote = None
    if hindrance is None and permits(most, wanted) and not missing_price(prices, wanted):
        quote = quote_of(session, subject, mailbox, wanted, policy=policy, today=today)
    due = quote.due_cents if quote else 0
    credit = offer_for(session, subject, due, today=today)
    until = space_term(mailbox.extra_paid_until, mailbox.expires_on)
    return SpacePage(mailbox, hindrance, most, prices, quote, credit, wanted, until)


def own_mailbox(session: Session, subject: Subject, address: str) -> Mailbox:
    """Return the mailbox if the subject sees it and may give it space. Raises NotFound, NotAllowed."""
    mailbox = session.scalar(select(Mailbox).where(Mailbox.address == address, visible_mailboxes(subject)))
    if mailbox is None:
        raise NotFound
    if not allowed(mailbox_relation(subject.kind, mailbox), Action.CHANGE_EXTRA_SPACE):
        raise NotAllowed(Action.CHANGE_EXTRA_SPACE)
    return mailbox


def hindrance_of(session: Session, mailbox: Mailbox, today: date) -> NoSpace | None:
    """Return why this mailbox can have no more space now, None if it can."""
    facts = PLANS[mailbox.plan]
    state = state_on(today, mailbox.expires_on, facts.grace_days, mailbox.cancelled_on)
    if not facts.renewable_here:
        return NoSpace.DOMAIN_PLAN
    if state is MailboxState.CANCELLED or mailbox.cancelled_on is not None:
        return NoSpace.GONE
    if state is not MailboxState.ACTIVE:
        return NoSpace.SUSPENDED
    if not room_of(mailbox):
        return NoSpace.FULL
    if space_term(mailbox.extra_paid_until, mailbox.expires_on) < today:
        return NoSpace.UNDER_WAY
    return _busy_with(session, mailbox)


def _busy_with(session: Session, mailbox: Mailbox) -> NoSpace | None:
    if space_purchases.holds_mailbox(session, mailbox.id):
        return NoSpace.OPEN_ORDER
    if waiting_changes(session, [mailbox.id])[mailbox.id]:
        return NoSpace.WAITING_CHANGE
    return NoSpace.UNDER_WAY if space_purchases.being_set_up(session, [mailbox.id]) else None


def room_of(mailbox: Mailbox) -> SpaceWanted:
    """Return how much more the mailbox's plan permits."""
    return most_space(mailbox.plan, mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)


def gb_prices(session: Session, today: date) -> GbPrices:
    """Return what one GB costs today."""
    prices = prices_on(session, today).prices
    mailbox, archive = prices.get(Item.EXTRA_MAILBOX_GB), prices.get(Item.EXTRA_ARCHIVE_GB)
    return GbPrices(mailbox.net_cents if mailbox else None, archive.net_cents if archive else None)


def quote_of(
    session: Session,
    subject: Subject,
    mailbox: Mailbox,
    wanted: SpaceWanted,
    *,
    policy: ExtraSpacePolicy,
    today: date,
) -> SpaceQuote:
    """Return what so much costs today, as it is shown and as it is charged. Raises PriceMissing.

    Source: domain.md 8.2, 8.4, lessons.md 1 (19).
    """
    prices = gb_prices(session, today)
    missing = missing_price(prices, wanted)
    if missing is not None:
        raise PriceMissing(missing, today)
    until = space_term(mailbox.extra_paid_until, mailbox.expires_on)
    return priced(session, subject, wanted, space_price(policy, today, until, wanted, prices), today)


def priced(
    session: Session, subject: Subject, wanted: SpaceWanted, price: SpacePrice, today: date
) -> SpaceQuote:
    """Return the price with its VAT, as whoever is invoiced pays it."""
    profile = profile_for(session, subject)
    splits = profile is not None and profile.split_payment
    return SpaceQuote(wanted, price, amounts(price.net_cents, vat_rate_on(today), split_payment=splits))


def missing_price(prices: GbPrices, wanted: SpaceWanted) -> Item | None:
    """Return what of the space wanted has no price."""
    if wanted.mailbox_gb and prices.mailbox_cents is None:
        return Item.EXTRA_MAILBOX_GB
    if wanted.archive_gb and prices.archive_cents is None:
        return Item.EXTRA_ARCHIVE_GB
    return None
