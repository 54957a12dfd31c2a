"""Who is invoiced: what is known, whether it suffices, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.billing import BILLING_TEXTS, ROUTES, check_billing, has_split_payment
from portal.domain.contacts import FormCode
from portal.domain.customers import CustomerKind
from portal.domain.errors import FieldProblem, FieldsRefused
from portal.domain.history import Deed
from portal.store.accounts import Account, Holder
from portal.store.billing import BillingProfile, own_holder, profile_for
from portal.usecases import history


@dataclass(frozen=True, slots=True)
class Billing:
    """The billing data of a subject, as a form shows them."""

    profile: BillingProfile | None
    """The row it is kept in."""
    kind: CustomerKind
    texts: Mapping[str, str]
    """Every field of the form by name, the route among them."""
    split_payment: bool
    is_accounts: bool
    """The account is invoiced, which a mailbox's own session neither reads nor changes."""
    is_complete: bool
    account: str = ""
    """The account that is invoiced, where it is another's. Source: domain.md 2.1."""

    @property
    def mark(self) -> str:
        """Return what stands for the kept data in a form: of two tabs, the later sees that they changed."""
        if self.profile is None:
            return ""
        facts = [self.kind.value, self.split_payment, *sorted(self.texts.items())]
        return sha256(repr(facts).encode()).hexdigest()

    @property
    def is_stored(self) -> bool:
        """Say whether it is more than what the holder's data propose."""
        return self.profile is not None

    @property
    def is_ready(self) -> bool:
        """Say whether an order can be invoiced."""
        return self.is_stored and self.is_complete


def look_at_billing(session: Session, subject: Subject, *, today: date) -> Billing:
    """Return the subject's billing data, proposed from the holder's where none are kept.

    Source: domain.md C10.
    """
    profile = profile_for(session, subject)
    if profile is None:
        return _proposed(session, subject)
    texts = texts_of(profile)
    return Billing(
        profile=profile,
        kind=profile.kind,
        texts=texts,
        split_payment=profile.split_payment,
        is_accounts=not _may_see(subject, profile),
        is_complete=not check_billing(profile.kind, texts, today=today)[1],
        account="" if _may_see(subject, profile) else _username(session, profile),
    )


def save_billing(
    session: Session,
    subject: Subject,
    kind: CustomerKind,
    texts: Mapping[str, str],
    *,
    split_payment: bool,
    seen: str | None,
    today: date,
    now: datetime,
) -> None:
    """Keep the billing data; the caller holds the owner's lock. Raises FieldsRefused.

    `seen` is the mark of what the page showed, None where it is not judged: what another page has changed
    since is refused once, and overwritten by whoever then insists. Where the account is invoiced, a
    mailbox's own session changes nothing. Orders placed before keep their own copy.
    Source: domain.md C10, 11.2.
    """
    profile = profile_for(session, subject)
    if profile is not None and not _may_see(subject, profile):
        return
    values, problems = check_billing(kind, texts, today=today)
    problems = problems or _changed_meanwhile(look_at_billing(session, subject, today=today), values, seen)
    if problems:
        raise FieldsRefused(problems)
    if profile is None:
        profile = BillingProfile(account_id=subject.account_id, mailbox_id=subject.mailbox_id)
        session.add(profile)
    wanted = {**values, "kind": kind, "split_payment": has_split_payment(kind, split_payment)}
    is_new = any(getattr(profile, name) != value for name, value in wanted.items())
    for name, value in wanted.items():
        setattr(profile, name, value)
    profile.updated_at = now
    session.flush()
    if is_new:
        history.record(session, Deed.PROFILE_CHANGED, subject, now=now)


def _changed_meanwhile(kept: Billing, values: Mapping[str, str], seen: str | None) -> list[FieldProblem]:
    """Return the fields that would overwrite what this page has not shown."""
    if seen is None or seen == kept.mark:
        return []
    differing = [name for name, value in values.items() if kept.texts[name] != value]
    return [FieldProblem(name, FormCode.CHANGED_MEANWHILE) for name in differing]


def texts_of(profile: BillingProfile) -> dict[str, str]:
    """Return a profile's fields as the texts of a form."""
    return {name: getattr(profile, name) for name in (*BILLING_TEXTS, "einvoice_route")}


def _may_see(subject: Subject, profile: BillingProfile) -> bool:
    return subject.kind is SubjectKind.ACCOUNT or profile.account_id is None


def _username(session: Session, profile: BillingProfile) -> str:
    return session.get_one(Account, profile.account_id).username


def _proposed(session: Session, subject: Subject) -> Billing:
    holder = own_holder(session, subject)
    kind = holder.kind if holder else CustomerKind.COMPANY
    texts = dict.fromkeys((*BILLING_TEXTS, "einvoice_route"), "")
    if holder is not None:
        texts |= {name: getattr(holder, name) for name in BILLING_TEXTS if hasattr(Holder, name)}
        texts["email"] = holder.contact_email
    if subject.account_id is not None:
        texts["email"] = session.get_one(Account, subject.account_id).email
    texts["country"] = texts["country"] or "IT"
    if len(ROUTES[kind]) == 1:
        texts["einvoice_route"] = ROUTES[kind][0]
    return Billing(
        profile=None,
        kind=kind,
        texts=texts,
        split_payment=kind is CustomerKind.PUBLIC_BODY,
        is_accounts=False,
        is_complete=False,
    )
