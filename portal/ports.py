"""What the portal asks of the world outside, and the two ways the world can say no."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.domain.plans import Plan
from portal.gateway_ports import (
    GatewayEvent as GatewayEvent,
)
from portal.gateway_ports import (
    GatewayReport as GatewayReport,
)
from portal.gateway_ports import (
    HostedPage as HostedPage,
)
from portal.gateway_ports import (
    KeptMethod as KeptMethod,
)
from portal.gateway_ports import (
    MethodToken as MethodToken,
)
from portal.gateway_ports import (
    PaymentGateway as PaymentGateway,
)
from portal.gateway_ports import (
    PaymentRequest as PaymentRequest,
)
from portal.gateway_ports import (
    RefundReport as RefundReport,
)
from portal.gateway_ports import (
    RefundRequest as RefundRequest,
)


class OutsideFailure(Exception):
    """An outside system did not do what it was asked."""


class Unavailable(OutsideFailure):
    """It may work later: retry."""


class Unreachable(Unavailable):
    """It could not even be asked: nothing was attempted, and nothing else would fare better just now."""


class Rejected(OutsideFailure):
    """It will never work as asked: do not retry, tell a person."""


class CredentialVerifier(Protocol):
    """Says whether a mailbox's own password is right."""

    keeps_hashes: bool
    """Whether it asks the portal's own hashes; else passwords are set by the mail platform."""

    def verify(self, address: str, stored_hash: str | None, password: str) -> bool:
        """Return the truth, in the same time whether or not the mailbox exists. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class SpaceUse:
    """How full a mailbox is, in whole megabytes begun."""

    mailbox_mb: int
    archive_mb: int | None
    """None: the server does not tell."""


class SpaceMeter(Protocol):
    """Says how full a mailbox is."""

    def read(self, address: str) -> SpaceUse | None:
        """Return it; None: of this mailbox it tells nothing. Raises Unavailable or Unreachable."""
        ...


class PasswordHasher(Protocol):
    """Hashes and checks the passwords that the portal itself keeps."""

    def hash(self, password: str) -> str: ...

    def verify(self, stored_hash: str | None, password: str) -> bool:
        """Return whether it matches; None costs the same time and is never right (S11)."""
        ...

    def needs_rehash(self, stored_hash: str) -> bool: ...


class KnownPasswords(Protocol):
    """Knows the passwords that were stolen elsewhere, which whoever guesses tries before others."""

    def knows(self, password: str) -> bool: ...


class Sealer(Protocol):
    """Closes a secret on its way through the database to a mail; the key is not there (S22)."""

    def seal(self, secret: str) -> str: ...

    def open(self, sealed: str) -> str:
        """Return the secret. Raises Rejected for what was sealed with a key nobody has any more."""
        ...


@dataclass(frozen=True, slots=True)
class MailboxOrder:
    """What the mail platform shall make of one mailbox; `key` makes a repetition harmless."""

    key: str
    address: str
    plan: Plan
    extra_mailbox_gb: int
    extra_archive_gb: int
    expires_on: date


class MailPlatform(Protocol):
    """The provider's machine on which the mailboxes live; each method acts once per key.

    All raise Unavailable or Rejected.
    """

    def apply(self, order: MailboxOrder) -> None:
        """Bring the mailbox to the ordered state."""
        ...

    def suspend(self, key: str, address: str) -> None:
        """Let the mailbox do only what a suspended one may; it keeps its messages."""
        ...

    def restore(self, key: str, address: str) -> None:
        """Let a suspended mailbox do everything again; harmless for one that does."""
        ...

    def set_password(self, key: str, address: str, password_hash: str) -> None:
        """Let the mailbox's password be the one of this argon2id hash; the password itself stays here."""
        ...

    def cancel(self, key: str, address: str) -> None:
        """Delete the mailbox with its messages, for good."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be sent; `message_id` is stable so that a repetition is recognisable."""

    message_id: str
    recipient: str
    subject: str
    text: str
    html: str


class MailConnection(Protocol):
    """An open way to the mail server, kept for a batch."""

    def send(self, letter: Letter) -> str:
        """Return the server's answer. Raises Unavailable, Unreachable or Rejected."""
        ...


class Mailer(Protocol):
    """The way mails leave."""

    def connect(self) -> AbstractContextManager[MailConnection]:
        """Open one connection for several letters. Raises Unreachable."""
        ...
