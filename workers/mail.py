"""Rows `mail.send`: render a mail, hand it to the mail server, keep its answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from sqlalchemy.orm import Session

from portal.domain.colours import OWN_COLOUR
from portal.domain.lifecycle import Capabilities
from portal.letters import Surroundings, Wording, render
from portal.ports import Letter, MailConnection, Unreachable
from portal.settings import Settings
from portal.store.outbox import Claim
from portal.usecases import delivery
from portal.usecases.delivery import Outgoing
from portal.usecases.mail_rows import SEALED
from portal.wiring import Services
from workers.job import Fate

UNREADABLE = "•••"
"""Stands for a secret in what is kept of a mail: its link works for whoever received it alone (S22)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail as it is kept, and what the server said."""

    wording: Wording
    answer: str


class MailWork:
    """Fifty mails over one kept connection. Source: hardening.md 1.5, 3.2 (6)."""

    kind = "mail.send"
    queue = "mail"
    batch = 50

    def __init__(self, services: Services) -> None:
        self._services = services
        self._around = surroundings(services.settings)
        self._domain = parseaddr(services.settings.smtp.sender)[1].rpartition("@")[2]
        self._resting_until: datetime | None = None

    def begin(self, session: Session, claims: Sequence[Claim], *, now: datetime) -> dict[int, Outgoing]:
        mails = delivery.begin_sending(session, [claim.payload["mail_id"] for claim in claims])
        wanted = {claim.id: claim.payload["mail_id"] for claim in claims}
        return {row_id: mails[mail_id] for row_id, mail_id in wanted.items() if mail_id in mails}

    @contextmanager
    def opened(self) -> Iterator[Callable[[Outgoing], Sent]]:
        """Connect, unless the server could not be reached a moment ago: a queue must not wait at its door."""
        if self._resting_until is not None and self._services.now() < self._resting_until:
            raise Unreachable("the mail server could not be reached a moment ago")
        try:
            with self._services.mailer.connect() as connection:
                yield lambda mail: self._send(connection, mail)
        except Unreachable:
            pause = timedelta(seconds=self._services.settings.outbox_retry_seconds)
            self._resting_until = self._services.now() + pause
            raise

    def succeeded(self, session: Session, task: Outgoing, answer: Sent, *, now: datetime) -> None:
        delivery.mail_sent(
            session,
            task.mail_id,
            subject=answer.wording.subject,
            text=answer.wording.text,
            html=answer.wording.html,
            answer=answer.answer,
            now=now,
        )

    def failed(
        self, session: Session, tasks: Sequence[Outgoing], fate: Fate, words: str, *, now: datetime
    ) -> None:
        ids = [task.mail_id for task in tasks]
        if fate is Fate.LATER:
            delivery.mails_put_off(session, ids, words)
        elif fate is Fate.REJECTED:
            delivery.mails_bounced(session, ids, words)
        else:
            delivery.mails_failed(session, ids, words)

    def _send(self, connection: MailConnection, mail: Outgoing) -> Sent:
        wording = self._worded(mail, self._services.sealer.open)
        letter = Letter(
            message_id=message_id(mail.key, self._domain),
            recipient=mail.recipient,
            subject=wording.subject,
            text=wording.text,
            html=wording.html,
        )
        kept = self._worded(mail, lambda _: UNREADABLE) if SEALED in mail.context else wording
        return Sent(kept, connection.send(letter))

    def _worded(self, mail: Outgoing, opened: Callable[[str], str]) -> Wording:
        """Render the mail with its secrets as `opened` gives them."""
        secrets = {name: opened(sealed) for name, sealed in mail.context.get(SEALED, {}).items()}
        return render(mail.kind, mail.language, {**mail.context, **secrets}, self._around, code=mail.code)


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID of the mail with this key, the same at every attempt, so that doubles show."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def surroundings(settings: Settings) -> Surroundings:
    """Return what every mail of this installation may name."""
    return Surroundings(
        brand_name=settings.brand.name,
        support_email=settings.brand.support_email,
        public_url=settings.public_url,
        beneficiary=settings.bank.beneficiary,
        iban=settings.bank.iban,
        bank=settings.bank.bank,
        postal_account=settings.bank.postal_account,
        works_suspended=Capabilities(
            settings.suspended_can_read, settings.suspended_can_send, settings.suspended_can_receive
        ),
        colour=settings.brand.colour or OWN_COLOUR,
    )
