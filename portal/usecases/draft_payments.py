"""The step «Pagamento»: which methods there are and whether their money arrives in time for every mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import PaymentTooLate
from portal.domain.payments import Arrival, BankCalendar, PaymentMethod, Verdict, arrival_warning
from portal.store import draft_changes
from portal.store.draft_expiries import ExpiryGroup, addresses_in, expiry_groups
from portal.usecases.draft_totals import OpenDraft, claim_change, look_at_draft

OFFERED_METHODS = (PaymentMethod.BANK_TRANSFER, PaymentMethod.PREFILLED_SLIP, PaymentMethod.POSTAL_SLIP)
"""The slow methods, which every operator has; those with a page of their own come with their gateways."""


@dataclass(frozen=True, slots=True)
class MethodOffer:
    """One way to pay and what its slowness means for the mailboxes of the draft."""

    method: PaymentMethod
    earliest: date
    latest: date
    suspended: Sequence[ExpiryGroup]
    """Mailboxes already suspended, and so until the money is registered; the first to go comes first."""
    late: Sequence[ExpiryGroup]
    """Mailboxes that will be suspended until then, the soonest first."""
    too_late: Sequence[ExpiryGroup]
    """Mailboxes that may be gone by then: with them the method cannot be chosen."""
    too_late_addresses: Sequence[str] = ()

    @property
    def suspended_count(self) -> int:
        return sum(group.lines for group in self.suspended)

    @property
    def late_count(self) -> int:
        return sum(group.lines for group in self.late)

    @property
    def too_late_count(self) -> int:
        return sum(group.lines for group in self.too_late)

    @property
    def first_lost(self) -> ExpiryGroup | None:
        """Return those of the mailboxes that may be gone by then which go first."""
        return min(self.too_late, key=attrgetter("last_day"), default=None)


@dataclass(frozen=True, slots=True)
class PaymentStep:
    """The step «Pagamento» of a draft."""

    draft: OpenDraft
    methods: Sequence[MethodOffer]

    @property
    def chosen(self) -> MethodOffer | None:
        method = self.draft.facts.payment_method
        return next((offer for offer in self.methods if offer.method == method), None)


def offered(gateways: Sequence[PaymentMethod] = ()) -> Sequence[PaymentMethod]:
    """Return the methods that can be chosen now: those of the operator's gateways, then the slow ones."""
    return [*gateways, *OFFERED_METHODS]


def look_at_payment(
    session: Session,
    subject: Subject,
    public_id: str,
    *,
    today: date,
    calendar: BankCalendar,
    gateways: Sequence[PaymentMethod] = (),
) -> PaymentStep:
    """Return the methods for the subject's draft. Raises NotFound, DraftClosed."""
    draft = look_at_draft(session, subject, public_id, today=today)
    groups = expiry_groups(session, subject, draft.facts.id, today)
    offers = [offer_of(method, groups, today, calendar) for method in offered(gateways)]
    return PaymentStep(draft, [_with_addresses(session, subject, draft.facts.id, offer) for offer in offers])


def choose_method(
    session: Session,
    subject: Subject,
    public_id: str,
    method: PaymentMethod,
    *,
    today: date,
    now: datetime,
    calendar: BankCalendar,
) -> None:
    """Keep the method in the draft. Raises NotFound, DraftClosed, PaymentTooLate."""
    draft_id, _ = claim_change(session, subject, public_id, now)
    check_in_time(offer_of(method, expiry_groups(session, subject, draft_id, today), today, calendar))
    draft_changes.set_payment_method(session, draft_id, method)


def leave_out_too_late(
    session: Session,
    subject: Subject,
    public_id: str,
    *,
    today: date,
    now: datetime,
    calendar: BankCalendar,
) -> int:
    """Take out of the draft the mailboxes that neither transfer nor slip can save; return how many.

    Raises NotFound, DraftClosed.
    """
    draft_id, _ = claim_change(session, subject, public_id, now)
    groups = expiry_groups(session, subject, draft_id, today)
    lost = [set(offer_of(method, groups, today, calendar).too_late) for method in OFFERED_METHODS]
    hopeless = set.intersection(*lost)
    return draft_changes.drop_expiring(session, draft_id, sorted(hopeless, key=str)) if hopeless else 0


def offer_of(
    method: PaymentMethod,
    groups: Iterable[ExpiryGroup],
    today: date,
    calendar: BankCalendar,
    *,
    sent_on: date | None = None,
) -> MethodOffer:
    """Return what paying by this method today, or having paid before, means for these mailboxes.

    Source: domain.md 5, 7.1.
    """
    paid_on = sent_on or today
    judged = [(group, arrival_for(method, group, paid_on, calendar)) for group in groups]
    waiting = [group for group, arrival in judged if arrival.verdict is Verdict.LATE_BUT_RENEWABLE]
    suspended = [group for group in waiting if group.expires_on < today]
    whenever = arrival_warning(method, paid_on, paid_on, 0, calendar)
    return MethodOffer(
        method,
        whenever.earliest,
        whenever.latest,
        suspended=sorted(suspended, key=attrgetter("last_day")),
        late=[group for group in waiting if group.expires_on >= today],
        too_late=[group for group, arrival in judged if arrival.verdict is Verdict.TOO_LATE],
    )


def arrival_for(method: PaymentMethod, group: ExpiryGroup, paid_on: date, calendar: BankCalendar) -> Arrival:
    """Return when money sent that day arrives, judged for these mailboxes; termination shortens the grace."""
    grace_days = (group.last_day - group.expires_on).days
    return arrival_warning(method, paid_on, group.expires_on, grace_days, calendar)


def check_in_time(offer: MethodOffer) -> None:
    """Raise PaymentTooLate if the money may come after a mailbox is gone, with the day of the first."""
    if offer.too_late:
        first = min(group.last_day for group in offer.too_late)
        raise PaymentTooLate(offer.method, offer.latest, first)


def _with_addresses(session: Session, subject: Subject, draft_id: int, offer: MethodOffer) -> MethodOffer:
    if not offer.too_late:
        return offer
    addresses = addresses_in(session, subject, draft_id, offer.too_late)
    return replace(offer, too_late_addresses=addresses)
