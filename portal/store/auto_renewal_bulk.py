"""Auto-renewal of many mailboxes at once: as many statements for 20,000 as for two.

Ids that rules have chosen go to the database as one value, so that no limit of parameters cuts them off.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from portal.domain.auto_renewal import OPEN_CYCLES, CycleEnd, CycleState
from portal.domain.orders import OrderState
from portal.store.auto_renewal_facts import RenewalFacts, facts_where
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.declarations import PaymentDeclaration
from portal.store.dialects import among, insert_for
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.store.selections import SelectedMailbox
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith

_QUIET: dict[str, Any] = {"synchronize_session": False}


def selected_of(account_id: int) -> ColumnElement[bool]:
    """Return the condition «ticked in the account's selection, and still the account's»."""
    ticked = select(SelectedMailbox.mailbox_id).where(SelectedMailbox.account_id == account_id)
    return and_(Mailbox.account_id == account_id, Mailbox.id.in_(ticked))


def on_of(account_id: int) -> ColumnElement[bool]:
    """Return the condition «the account's, and switched on»."""
    return and_(Mailbox.account_id == account_id, Mailbox.auto_renewal)


def count_on(session: Session, account_id: int) -> int:
    """Return how many of the account's mailboxes are switched on."""
    return session.scalar(select(func.count()).select_from(Mailbox).where(on_of(account_id))) or 0


def locked_facts(session: Session, which: ColumnElement[bool], today: date) -> Sequence[RenewalFacts]:
    """Lock those mailboxes, by id, so that no charge is begun meanwhile; return their facts by expiry."""
    session.execute(
        select(Mailbox.id).where(which).order_by(Mailbox.id).with_for_update(key_share=True)
    ).all()
    return facts_where(session, which, today)


def renew_these_with(
    session: Session,
    mailbox_ids: Collection[int],
    method_id: int,
    consent: AutoRenewalConsent,
    *,
    credit_first: bool,
) -> None:
    """Let these mailboxes renew with the method; a mandate by which none renews any more ends."""
    theirs = among(session, Mailbox.id, mailbox_ids)
    rows = select(
        Mailbox.id,
        literal(method_id),
        literal(consent.id),
        literal(consent.maximum_cents),
        literal(credit_first),
    ).where(theirs)
    values = {
        "stored_method_id": method_id,
        "consent_id": consent.id,
        "maximum_cents": consent.maximum_cents,
        "credit_first": credit_first,
    }
    before = _consents_of(session, mailbox_ids)
    session.execute(
        insert_for(session, RenewsWith)
        .from_select(["mailbox_id", *values], rows)
        .on_conflict_do_update(index_elements=["mailbox_id"], set_=values)
    )
    session.execute(update(Mailbox).where(theirs).values(auto_renewal=True).execution_options(**_QUIET))
    revoke_unused(session, before, consent.given_at)


def stop_renewing(session: Session, mailbox_ids: Collection[int], now: datetime) -> None:
    """Let these mailboxes renew by themselves no more."""
    before = _consents_of(session, mailbox_ids)
    session.execute(delete(RenewsWith).where(among(session, RenewsWith.mailbox_id, mailbox_ids)))
    switched = update(Mailbox).where(among(session, Mailbox.id, mailbox_ids)).values(auto_renewal=False)
    session.execute(switched.execution_options(**_QUIET))
    revoke_unused(session, before, now)


def revoke_unused(session: Session, consent_ids: Collection[int], now: datetime) -> None:
    """Revoke the mandates of these consents by which no mailbox renews any more."""
    in_use = exists().where(RenewsWith.consent_id == Mandate.consent_id)
    session.execute(
        update(Mandate)
        .where(among(session, Mandate.consent_id, consent_ids), Mandate.revoked_at.is_(None), ~in_use)
        .values(revoked_at=now)
        .execution_options(**_QUIET)
    )


def cancel_generated(session: Session, mailbox_ids: Collection[int], now: datetime) -> Sequence[int]:
    """Cancel the unpaid orders that were generated for these mailboxes, end their cycles; return which.

    What somebody says to have paid stays. The orders are locked first, by id, as payments lock them.
    """
    theirs = (
        select(AutoRenewalCycle.order_id)
        .join(Mailbox, Mailbox.id == AutoRenewalCycle.mailbox_id)
        .where(
            among(session, AutoRenewalCycle.mailbox_id, mailbox_ids),
            AutoRenewalCycle.expires_on == Mailbox.expires_on,
            AutoRenewalCycle.order_id.is_not(None),
        )
    )
    declared = exists().where(PaymentDeclaration.order_id == Order.id)
    waiting = and_(Order.id.in_(theirs), Order.state == OrderState.AWAITING_PAYMENT, ~declared)
    found = select(Order.id).where(waiting).order_by(Order.id).with_for_update(key_share=True)
    order_ids = session.scalars(found).all()
    orders, lines = aliased(Order), OrderLine
    session.execute(
        update(orders)
        .where(among(session, orders.id, order_ids), orders.state == OrderState.AWAITING_PAYMENT)
        .values(state=OrderState.CANCELLED, closed_at=now)
        .execution_options(**_QUIET)
    )
    session.execute(
        update(lines)
        .where(among(session, lines.order_id, order_ids), lines.is_open)
        .values(is_open=False, closed_at=now)
        .execution_options(**_QUIET)
    )
    over = (*OPEN_CYCLES, CycleState.FAILED)
    of_orders = among(session, AutoRenewalCycle.order_id, order_ids)
    unordered = and_(
        among(session, AutoRenewalCycle.mailbox_id, mailbox_ids),
        AutoRenewalCycle.state == CycleState.ANNOUNCED,
    )
    session.execute(
        update(AutoRenewalCycle)
        .where(AutoRenewalCycle.state.in_(over), of_orders | unordered)
        .values(state=CycleState.SKIPPED, ended_by=CycleEnd.SWITCHED_OFF, updated_at=now)
        .execution_options(**_QUIET)
    )
    return order_ids


def _consents_of(session: Session, mailbox_ids: Collection[int]) -> Sequence[int]:
    """Return the consents by which these mailboxes renewed until now."""
    found = select(RenewsWith.consent_id).where(
        among(session, RenewsWith.mailbox_id, mailbox_ids), RenewsWith.consent_id.is_not(None)
    )
    return [consent_id for consent_id in session.scalars(found.distinct()) if consent_id is not None]
