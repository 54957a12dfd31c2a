"""What the portal asks of the world outside, and the two ways the world can say no."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from portal.domain.attempts import Failure, Standing
from portal.domain.documents import CleanDocument
from portal.domain.money import Cents
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan


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


class DocumentCleaner(Protocol):
    """Makes a harmless document of a file that may be anything."""

    def clean(self, data: bytes) -> CleanDocument:
        """Return what the file became. Raises DocumentRefused, Unavailable."""
        ...


class DocumentScanner(Protocol):
    """Knows viruses."""

    def scan(self, data: bytes) -> None:
        """Raise DocumentRefused for a file that holds one, Unavailable where nobody can say."""
        ...


class DocumentVault(Protocol):
    """Keeps documents sealed, outside of what any web server gives out."""

    def put(self, content: bytes) -> str:
        """Keep it; return the name by which it is found, which tells nothing."""
        ...

    def get(self, name: str) -> bytes:
        """Return it. Raises Rejected for what is not there or was changed."""
        ...

    def drop(self, name: str) -> None:
        """Forget it; again is harmless."""
        ...

    def drop_all_but(self, names: Collection[str], *, older_than_seconds: float) -> int:
        """Forget what is kept under no such name and has been there for so long; return how much."""
        ...


class PasswordHasher(Protocol):
    """Hashes and checks the passwords that the portal itself keeps."""

    def hash(self, password: str) -> str: ...

    def verify(self, stored_hash: str | None, password: str) -> bool:
        """Return whether it matches; None costs the same time and is never right (S11)."""
        ...

    def needs_rehash(self, stored_hash: str) -> bool: ...


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


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What the customer shall do on a gateway's page: pay an amount, or, for nothing, store a method."""

    reference: str
    """Our own name for it, written down before the gateway hears of it: the idempotency key."""
    method: PaymentMethod
    amount_cents: Cents
    """0: nothing is charged, the method is stored for later charges."""
    about: str
    """The order number, for the customer's statement; empty where there is none."""
    return_url: str
    """Where the gateway's page sends the customer, whatever happened there."""
    opened_at: datetime
    keeps_method: bool = False
    """Whether what it is paid with is stored for later charges, as the customer agreed."""
    key: str = ""
    """The gateway's own name for it, as far as we know it."""
    may_charge: bool = True
    """Whether an amount the customer has approved but that was not taken yet may still be taken."""
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class HostedPage:
    """The page on which the customer pays; nothing of a card ever comes by us (SAQ A)."""

    key: str
    url: str


@dataclass(frozen=True, slots=True)
class MethodToken:
    """What a gateway needs to charge a stored method."""

    token: str
    customer: str = ""


@dataclass(frozen=True, slots=True)
class KeptMethod:
    """A method that the gateway has stored, as far as we may know it (S41)."""

    token: MethodToken
    brand: str
    last_four: str = ""
    expires_on: date | None = None
    """The last day of its month."""


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """What has become of a request, as the gateway tells it when asked."""

    standing: Standing
    key: str = ""
    page_url: str = ""
    """Where the customer can go on, while it is open."""
    amount_cents: Cents = 0
    currency: str = "EUR"
    failure: Failure | None = None
    kept: KeptMethod | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What shall go back of a payment, by the way it came."""

    reference: str
    """Our own name for the refund: the idempotency key."""
    amount_cents: Cents
    payment: PaymentRequest
    """What it was paid by, to be found as `ask` finds it."""


@dataclass(frozen=True, slots=True)
class RefundReport:
    """What has become of a refund: done, refused, or the bank is still at it (processing)."""

    standing: Standing
    key: str = ""
    words: str = ""
    """Why it was refused, for the operator."""


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A hint, truly from the gateway, that something happened: reason enough to ask, never to believe."""

    event_id: str
    reference: str
    """Ours; empty when the event is about nothing of ours."""


class PaymentGateway(Protocol):
    """Somebody who takes money on pages of their own. Every call is repeatable: the reference sees to it."""

    name: str

    def start(self, request: PaymentRequest) -> HostedPage:
        """Return the page for the request, the same one every time.

        Raises Unreachable when nothing was begun, Unavailable when nobody knows, Rejected.
        """
        ...

    def ask(self, request: PaymentRequest) -> GatewayReport:
        """Return what has become of it, found by our reference. Raises Unreachable, Unavailable, Rejected."""
        ...

    def close(self, request: PaymentRequest) -> GatewayReport:
        """See to it that nobody can pay it any more, unless it was paid already. Raises as `ask`."""
        ...

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        """Charge a stored method, its owner not being there; once per reference. Raises as `ask`."""
        ...

    def refund(self, request: RefundRequest) -> RefundReport:
        """Give back so much of a payment, once per reference; again tells what has become of it.

        Raises as `ask`; Rejected where the payment is not there.
        """
        ...

    def forget(self, method: MethodToken) -> None:
        """Make the gateway forget a stored method; again is harmless. Raises as `ask`."""
        ...

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        """Return what a webhook tells; `headers` by their names in lower case.

        Raises Rejected for what the gateway did not send, or sent long ago.
        """
        ...
