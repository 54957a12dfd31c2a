"""What a choice would do to a mailbox: what changes, when, and what is lost. Source: domain.md 3.3, 3.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.changes import Package, PackageFrom, changes_ahead, first_day_of_term, from_payment
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.plans import PLANS
from portal.domain.pricing import Choice
from portal.domain.space import MB_PER_GB
from portal.store.draft_queries import DraftedMailbox


@dataclass(frozen=True, slots=True)
class SpaceSeen:
    """One space in MB: what is used, what there is now, from the payment, and after all changes."""

    used_mb: int
    now_mb: int
    at_once_mb: int
    at_last_mb: int

    @property
    def changes(self) -> bool:
        return not self.now_mb == self.at_once_mb == self.at_last_mb


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the renewal would change besides the expiry."""

    at_once: Package | None
    """What holds as soon as the payment is registered; None: it stays as it is."""
    ahead: Sequence[PackageFrom]
    """What holds from the days that follow, what earlier orders left waiting included."""
    mailbox: SpaceSeen
    archive: SpaceSeen
    loses_sms: bool
    deletes_archive_mb: int
    deleted_on: date | None
    """The day the archive goes; None: at the payment, or not at all."""

    @property
    def changes(self) -> bool:
        return self.at_once is not None or bool(self.ahead)


def simulate(drafted: DraftedMailbox, choice: Choice, today: date) -> Simulation:
    """Return what the choice would do to the drafted mailbox if it were paid today."""
    mailbox = drafted.mailbox
    current = Package(mailbox.plan, mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)
    ordered = Package(choice.plan, choice.extra_mailbox_gb, choice.extra_archive_gb)
    state = state_on(today, mailbox.expires_on, PLANS[mailbox.plan].grace_days, mailbox.cancelled_on)
    suspended = state is not MailboxState.ACTIVE
    at_once = from_payment(current, ordered, suspended=suspended)
    terms = [*drafted.terms_ahead, PackageFrom(first_day_of_term(mailbox.expires_on), ordered)]
    ahead = [] if suspended else changes_ahead(at_once, terms)
    steps = [current, at_once, ahead[-1].package if ahead else at_once]
    gone = [change.day for change in ahead if not PLANS[change.package.plan].has_archive]
    lost = PLANS[current.plan].has_archive and not PLANS[steps[-1].plan].has_archive
    return Simulation(
        at_once=None if at_once == current else at_once,
        ahead=ahead,
        mailbox=SpaceSeen(mailbox.mailbox_used_mb, *map(_mailbox_mb, steps)),
        archive=SpaceSeen(mailbox.archive_used_mb, *map(_archive_mb, steps)),
        loses_sms=PLANS[current.plan].sms and not PLANS[steps[-1].plan].sms,
        deletes_archive_mb=mailbox.archive_used_mb if lost else 0,
        deleted_on=gone[0] if lost and gone else None,
    )


def _mailbox_mb(package: Package) -> int:
    return (PLANS[package.plan].base_mailbox_gb + package.extra_mailbox_gb) * MB_PER_GB


def _archive_mb(package: Package) -> int:
    return (PLANS[package.plan].base_archive_gb + package.extra_archive_gb) * MB_PER_GB
