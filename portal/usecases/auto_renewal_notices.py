"""Mails about auto-renewal: switched on or off, a charge announced, a charge that failed.

Source: domain.md 12 `expiry_notice_auto`, `auto_renewal_enabled`, `_disabled`, `_failed`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.money import Cents
from portal.domain.renewal_calendar import RenewalCalendar
from portal.store.auto_renewal_facts import RenewalFacts
from portal.store.house import renewal_calendar
from portal.store.notice_addresses import further_addresses
from portal.store.stored_methods import AutoRenewalConsent, StoredMethod
from portal.usecases.auto_renewal_prices import PricedRenewal
from portal.usecases.mail_rows import Context, MailOwner, MailSubject, NewMail, write_mail, write_mails

LISTED = 400
"""How many charges one mail names; the rest is in the portal's list."""


def charges_announced(
    session: Session, renewals: Sequence[PricedRenewal], today: date, *, now: datetime
) -> dict[int, int]:
    """Announce charges, each recipient's in one mail; return by mailbox the mail to whoever pays."""
    told: dict[tuple[int | None, str, str], list[PricedRenewal]] = defaultdict(list)
    further = further_addresses(session, [renewal.facts.mailbox_id for renewal in renewals])
    for renewal in renewals:
        facts = renewal.facts
        for recipient in _recipients(facts, further):
            told[facts.account_id, facts.language, recipient].append(renewal)
    calendar = renewal_calendar(session)
    mails = [
        _announcement(account_id, language, recipient, listed, today, calendar, now)
        for (account_id, language, recipient), listed in told.items()
    ]
    ids = write_mails(session, mails, now=now)
    return {
        renewal.facts.mailbox_id: mail_id
        for ((_, _, recipient), listed), mail_id in zip(told.items(), ids, strict=True)
        for renewal in listed
        if recipient == _recipients(renewal.facts, further)[0]
    }


def switched_on(
    session: Session, renewal: PricedRenewal, maximum_cents: Cents, today: date, *, now: datetime
) -> None:
    """Say that a mailbox renews by itself from now on, when it is charged first, and how much at most."""
    facts = renewal.facts
    calendar = renewal_calendar(session)
    context = _charge(renewal, today, calendar) | {
        "maximum_cents": maximum_cents,
        "announced": calendar.announced,
        "credit_first": facts.credit_first,
    }
    _write(session, facts, "auto_renewal_enabled", f"{now:%Y%m%dT%H%M%S}", context, now)


def switched_off(
    session: Session, facts: RenewalFacts, order_number: str | None, *, charging: bool, now: datetime
) -> None:
    """Say that a mailbox renews by itself no more, until when it lasts, and which order was cancelled."""
    context: Context = {"order": order_number, "charging": charging}
    _write(session, facts, "auto_renewal_disabled", f"{now:%Y%m%dT%H%M%S}", context, now)


def many_switched_on(
    session: Session,
    switched: Sequence[RenewalFacts],
    method: StoredMethod,
    consent: AutoRenewalConsent,
    *,
    credit_first: bool,
    now: datetime,
) -> None:
    """Say to each who is concerned which of their mailboxes renew by themselves now: one mail a recipient."""
    context: Context = {
        "method": method.method.value,
        "brand": method.brand,
        "last_four": method.last_four,
        "maximum_cents": consent.maximum_cents,
        "announced": renewal_calendar(session).announced,
        "credit_first": credit_first,
        "charge_on": None,
        "order": "",
    }
    _write_many(session, switched, "auto_renewal_enabled", f"consent-{consent.id}", context, now)


def many_switched_off(
    session: Session, switched: Sequence[RenewalFacts], cancelled: int, *, charging: bool, now: datetime
) -> None:
    """Say to each who is concerned which of their mailboxes renew by themselves no more."""
    context: Context = {"order": None, "cancelled": cancelled, "charging": charging}
    _write_many(session, switched, "auto_renewal_disabled", f"{now:%Y%m%dT%H%M%S%f}", context, now)


def _write_many(
    session: Session,
    switched: Sequence[RenewalFacts],
    kind: str,
    occasion: str,
    context: Context,
    now: datetime,
) -> None:
    told: dict[tuple[int | None, str, str], list[RenewalFacts]] = defaultdict(list)
    further = further_addresses(session, [facts.mailbox_id for facts in switched])
    for facts in switched:
        for recipient in _recipients(facts, further):
            told[facts.account_id, facts.language, recipient].append(facts)
    mails = [
        NewMail(
            kind=kind,
            key=f"{kind}:many:{theirs[0].mailbox_id}:{occasion}:{recipient}",
            recipient=recipient,
            language=language,
            context=context
            | {
                "name": "",
                "address": theirs[0].address,
                "expires_on": theirs[0].expires_on.isoformat(),
                "many": [facts.address for facts in theirs[:LISTED]],
                "line_count": len(theirs),
            },
            account_id=account_id,
            mailbox_id=None,
        )
        for (account_id, language, recipient), theirs in told.items()
    ]
    write_mails(session, mails, now=now)


def charge_failed(
    session: Session,
    facts: RenewalFacts,
    *,
    number: str | None,
    amount_cents: Cents,
    why: str,
    milestone: str,
    next_on: date | None,
    now: datetime,
) -> None:
    """Say what failed, when the next try is (None: there is none), and how to pay by hand."""
    context: Context = {
        "number": number,
        "amount_cents": amount_cents,
        "why": why,
        "next_on": next_on.isoformat() if next_on else None,
    }
    _write(session, facts, "auto_renewal_failed", milestone, context, now)


def _write(
    session: Session, facts: RenewalFacts, kind: str, milestone: str, context: Context, now: datetime
) -> None:
    subject = MailSubject(kind, f"{facts.address}-{facts.expires_on}", milestone)
    owner = MailOwner(facts.account_id, facts.mailbox_id, language=facts.language)
    recipients = _recipients(facts, further_addresses(session, [facts.mailbox_id]))
    write_mail(session, subject, recipients, _about(facts) | context, owner, now=now)


def _announcement(
    account_id: int | None,
    language: str,
    recipient: str,
    renewals: Sequence[PricedRenewal],
    today: date,
    calendar: RenewalCalendar,
    now: datetime,
) -> NewMail:
    first = renewals[0].facts
    alone = len(renewals) == 1
    return NewMail(
        kind="expiry_notice_auto",
        key=f"expiry_notice_auto:{first.mailbox_id}:{first.expires_on}:{now:%Y%m%dT%H%M%S}:{recipient}",
        recipient=recipient,
        language=language,
        context={
            "name": first.holder_name if alone else "",
            "charges": [_charge(renewal, today, calendar) for renewal in renewals[:LISTED]],
            "count": len(renewals),
            "over_limit": sum(not renewal.is_allowed for renewal in renewals),
            "ordered": calendar.ordered,
            "total_cents": sum(renewal.due_cents for renewal in renewals if renewal.is_allowed),
        },
        account_id=account_id,
        mailbox_id=first.mailbox_id if alone else None,
    )


def _charge(renewal: PricedRenewal, today: date, calendar: RenewalCalendar) -> Context:
    day = calendar.charge_on(today, renewal.facts.expires_on)
    return _about(renewal.facts) | {
        "plan": renewal.choice.plan.value,
        "extra_mailbox_gb": renewal.choice.extra_mailbox_gb,
        "extra_archive_gb": renewal.choice.extra_archive_gb,
        "term_years": renewal.choice.years,
        "amount_cents": renewal.due_cents,
        "charge_on": day.isoformat() if day else None,
        "allowed": renewal.is_allowed,
        "credit_first": renewal.facts.credit_first,
    }


def _about(facts: RenewalFacts) -> Context:
    return {
        "name": facts.holder_name,
        "address": facts.address,
        "expires_on": facts.expires_on.isoformat(),
        "method": facts.method.value if facts.method else None,
        "brand": facts.brand or "",
        "last_four": facts.last_four or "",
    }


def _recipients(facts: RenewalFacts, further: Mapping[int, Sequence[str]]) -> list[str]:
    """Return each address once, whoever pays first; never the mailbox itself. Source: domain.md 12."""
    known = (facts.account_email or "", facts.holder_email, *further.get(facts.mailbox_id, ()))
    found: dict[str, str] = {}
    for address in known:
        if address and address != facts.address:
            found.setdefault(address.lower(), address)
    return list(found.values())
