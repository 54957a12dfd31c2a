"""Where the database and the mail platform say something else than the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.domain.orders import LineState
from portal.store.ledger import CreditLot, Wallet
from portal.store.lifecycle_steps import LifecycleStep
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.notices import Notice
from portal.store.orders import Order, OrderLine, Renewal
from tests.simulation.oracle import ROME, Expected
from tests.simulation.platform import RememberingPlatform

STUDIO = "studio@posta.example"
"""Owns a quarter of the mailboxes and hears of them in digests; the holders hear one by one."""
STEP_NAMES = {"suspend": "suspended", "cancel": "cancelled"}


def contradictions(
    session: Session, platform: RememberingPlatform, expected: Mapping[int, Expected], today: date
) -> list[str]:
    """Return every difference; an empty list is what a test wants."""
    addresses = dict(session.execute(select(Mailbox.id, Mailbox.address)).all())
    expiries = dict(session.execute(select(Mailbox.id, Mailbox.expires_on)).all())
    told, twice = _told(session)
    return [
        *twice,
        *_differing("told", told, {box: known.told for box, known in expected.items()}),
        *_differing("steps", _steps(session), {box: known.steps for box, known in expected.items()}),
        *_differing("terms", _terms(session), {box: set(known.renewed) for box, known in expected.items()}),
        *_differing("refused", _refused(session), {box: known.refused for box, known in expected.items()}),
        *_credit(session, expected, today),
        *_differing("expiry", expiries, {box: known.expires_on for box, known in expected.items()}),
        *_differing(
            "platform",
            {box: sorted(platform.ends_of(address)) for box, address in addresses.items()},
            {box: known.ends for box, known in expected.items()},
        ),
        *_unwritten(session, {known.to_tell is not None for known in expected.values()} == {False}),
        *_digests(session),
    ]


def _differing(what: str, found: Mapping[int, object], wanted: Mapping[int, object]) -> list[str]:
    nothing = {"told": set(), "steps": {}, "terms": set(), "refused": 0, "platform": []}
    return [
        f"{what} of {box}: {found.get(box, nothing.get(what))} instead of {value}"
        for box, value in wanted.items()
        if found.get(box, nothing.get(what)) != value
    ]


def _told(session: Session) -> tuple[dict[int, object], list[str]]:
    """Return what each mailbox's holder was told, and what was told more than once."""
    found: dict[int, set[tuple[date, int]]] = {}
    twice = []
    for row in session.execute(
        select(Notice.mailbox_id, Notice.occasion, Notice.milestone).where(
            Notice.recipient != STUDIO, Notice.mail_id.is_not(None)
        )
    ):
        told = found.setdefault(row.mailbox_id, set())
        if (row.occasion, row.milestone) in told:
            twice.append(f"told twice: {row}")
        told.add((row.occasion, row.milestone))
    return dict(found), twice


def _steps(session: Session) -> dict[int, object]:
    found: dict[int, dict[tuple[date, str], date]] = {}
    for step in session.scalars(select(LifecycleStep)):
        day = step.planned_at.astimezone(ROME).date()
        found.setdefault(step.mailbox_id, {})[(step.expires_on, STEP_NAMES[step.step.value])] = day
    return dict(found)


def _terms(session: Session) -> dict[int, object]:
    found: dict[int, set[tuple[date, date]]] = {}
    for term in session.scalars(select(Renewal)):
        before = term.starts_on - timedelta(days=1)
        found.setdefault(term.mailbox_id, set()).add((before, term.ends_on))
    return dict(found)


def _credit(session: Session, expected: Mapping[int, Expected], today: date) -> list[str]:
    """Compare what each owner can spend: the studio for its mailboxes, all others for their own."""
    owners = dict(session.execute(select(Mailbox.id, Mailbox.account_id)).all())
    wanted: Counter[tuple[int | None, int | None]] = Counter()
    for box, known in expected.items():
        account = owners[box]
        wanted[account, None if account else box] += known.credit_on(today)
    usable = or_(CreditLot.expires_on.is_(None), CreditLot.expires_on >= today)
    rows = session.execute(
        select(Wallet.account_id, Wallet.mailbox_id, func.sum(CreditLot.left_cents))
        .join(CreditLot, CreditLot.wallet_id == Wallet.id)
        .where(usable)
        .group_by(Wallet.account_id, Wallet.mailbox_id)
    )
    found = {(account, box): int(cents) for account, box, cents in rows}
    return [
        f"credit of {owner}: {found.get(owner, 0)} instead of {cents}"
        for owner, cents in wanted.items()
        if found.get(owner, 0) != cents
    ]


def _refused(session: Session) -> dict[int, object]:
    found: dict[int, int] = {}
    for line in session.scalars(select(OrderLine).join(Order).where(OrderLine.state == LineState.REFUSED)):
        found[line.mailbox_id] = found.get(line.mailbox_id, 0) + 1
    return dict(found)


def _unwritten(session: Session, all_told: bool) -> list[str]:
    """Return notices in no mail though all was to be told, and mails of the clock without a notice."""
    planned = select(Notice.id).where(Notice.mail_id.is_(None), Notice.state == "planned")
    left = session.scalars(planned).all() if all_told else []
    told_of = select(Notice.mail_id).where(Notice.mail_id.is_not(None))
    empty = session.scalars(
        select(Mail.key).where(Mail.kind.in_(["expiry_notice", "notice_digest"]), Mail.id.not_in(told_of))
    ).all()
    return [f"notice {number} in no mail" for number in left] + [f"mail {key} of no notice" for key in empty]


def _digests(session: Session) -> list[str]:
    """Return the days on which the studio got more mails than a person bears."""
    mails = (
        select(Notice.mail_id, func.min(Notice.written_at).label("at"))
        .where(Notice.recipient == STUDIO, Notice.mail_id.is_not(None))
        .group_by(Notice.mail_id)
    )
    days: dict[date, int] = {}
    for mail in session.execute(mails):
        day = mail.at.astimezone(ROME).date()
        days[day] = days.get(day, 0) + 1
    return [f"{count} mails to the studio on {day}" for day, count in days.items() if count > 5]
