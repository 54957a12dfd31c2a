"""Asking at the checkout whether to renew by itself, and the answer's way from the draft to the order.

Source: domain.md C6, 15 (1), hardening.md S42.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.access import Action, Subject, allowed
from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.errors import ConsentChanged, ConsentTooSmall
from portal.domain.mandates import (
    CONSENT_VERSION,
    AutoRenewalQuestion,
    MandateLimits,
    shown_code,
)
from portal.domain.money import Cents
from portal.domain.payments import PaymentMethod
from portal.domain.renewal_calendar import USUAL, RenewalCalendar
from portal.domain.terms import new_expiry
from portal.store import draft_changes, method_queries
from portal.store.drafts import RenewalDraft
from portal.store.house import renewal_calendar
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.stored_methods import AutoRenewalConsent
from portal.usecases.draft_lines import mailbox_relation
from portal.usecases.draft_totals import OpenDraft, look_at_draft


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked with a card or PayPal, and what the customer is told with it."""

    is_choice: bool
    """False: the operator switches it on for whoever pays so, and says so."""
    text_version: str
    calendar: RenewalCalendar
    maximum_cents: Cents
    first_charge_on: date
    mailboxes: int
    answered: bool | None
    """The answer given before, if it was; nothing is preselected."""

    @property
    def shown(self) -> str:
        """Return the name of the text and maximum that the customer reads."""
        return shown_code(self.text_version, self.maximum_cents)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer answered, and from which network address."""

    wanted: bool
    address: str
    shown: str = ""
    """The name of the text and maximum they had in front of them; empty where the page did not say."""


def look_at_question(
    session: Session,
    subject: Subject,
    draft: OpenDraft,
    mode: AutoRenewalQuestion,
    limits: MandateLimits,
) -> Question | None:
    """Return what is to be asked about the draft; None where the answer is nobody's to give here."""
    first_expiry = _first_new_expiry(session, draft.facts.id)
    if mode is AutoRenewalQuestion.OFF or first_expiry is None or not _may_answer(session, subject):
        return None
    before = method_queries.consent_of_draft(session, draft.facts.id)
    calendar = renewal_calendar(session)
    return Question(
        is_choice=mode is AutoRenewalQuestion.ASK,
        text_version=CONSENT_VERSION,
        calendar=calendar,
        maximum_cents=limits.maximum_for(draft.totals.quote.due_cents),
        first_charge_on=first_expiry - timedelta(days=calendar.tries[0]),
        mailboxes=draft.totals.mailboxes,
        answered=before.wanted if before else None,
    )


def record_answer(
    session: Session,
    subject: Subject,
    public_id: str,
    method: PaymentMethod,
    answer: Answer | None,
    limits: MandateLimits,
    *,
    today: date,
    now: datetime,
) -> None:
    """Keep the answer with the draft whose method was just chosen; a slow method forgets an earlier one.

    Raises ConsentChanged for a «yes» to a text or a maximum that is not any more what would be agreed.
    """
    draft = look_at_draft(session, subject, public_id, today=today)
    consent_id = None
    if answer is not None and method in GATEWAY_METHODS and _may_answer(session, subject):
        maximum_cents = limits.maximum_for(draft.totals.quote.due_cents)
        if answer.wanted and answer.shown not in ("", shown_code(CONSENT_VERSION, maximum_cents)):
            raise ConsentChanged(maximum_cents)
        consent = AutoRenewalConsent(
            wanted=answer.wanted,
            text_version=shown_version(CONSENT_VERSION, renewal_calendar(session)),
            maximum_cents=maximum_cents if answer.wanted else 0,
            given_at=now,
            address=answer.address,
        )
        session.add(consent)
        session.flush()
        consent_id = consent.id
    draft_changes.set_consent(session, draft.facts.id, consent_id)


def shown_version(version: str, calendar: RenewalCalendar) -> str:
    """Return what was shown: the text's version, with the days it spoke of where they are not the usual."""
    return version if calendar == USUAL else f"{version}:{calendar.stamp}"


def answer_in(session: Session, draft: OpenDraft) -> bool | None:
    """Return what was answered in the draft; None where nothing was asked."""
    before = method_queries.consent_of_draft(session, draft.facts.id)
    return before.wanted if before else None


def wants_mandate(session: Session, order: Order) -> bool:
    """Say whether the order gives a mandate: it then renews by itself with what it is paid with."""
    if order.auto_renewal_consent_id is None:
        return False
    return session.get_one(AutoRenewalConsent, order.auto_renewal_consent_id).wanted


def consent_for_order(session: Session, draft: RenewalDraft, due_cents: Cents) -> int | None:
    """Return the answer that the order takes over from its draft.

    Raises ConsentTooSmall when the draft has grown since beyond what was agreed: it is to be asked again.
    """
    consent = method_queries.consent_of_draft(session, draft.id)
    if consent is None or draft.payment_method not in GATEWAY_METHODS:
        return None
    if consent.wanted and due_cents > consent.maximum_cents:
        raise ConsentTooSmall(consent.maximum_cents, due_cents)
    return consent.id


def _may_answer(session: Session, subject: Subject) -> bool:
    """Say whether auto-renewal is the subject's to switch on. Source: domain.md 2.2."""
    if subject.mailbox_id is None:
        return True
    relation = mailbox_relation(subject.kind, session.get_one(Mailbox, subject.mailbox_id))
    return allowed(relation, Action.TOGGLE_AUTO_RENEWAL)


def _first_new_expiry(session: Session, draft_id: int) -> date | None:
    soonest = method_queries.soonest_by_term(session, draft_id)
    return min((new_expiry(expires_on, years) for years, expires_on in soonest), default=None)
