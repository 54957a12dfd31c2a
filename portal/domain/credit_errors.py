"""Refusals about credit and about the space that is bought with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portal.domain.errors import DomainError

if TYPE_CHECKING:
    from portal.domain.credit import PostingKind
    from portal.domain.payments import PaymentMethod
    from portal.domain.refunds import RefundState
    from portal.domain.space_purchase import NoSpace


@dataclass(eq=False)
class CreditTooSmall(DomainError):
    """The credit does not pay it whole, and it pays whole or not at all. Source: domain.md C20."""

    missing_cents: Final[int]


@dataclass(eq=False)
class CreditNotForTopUp(DomainError):
    """Credit is not bought with credit. Source: domain.md 7.3."""


@dataclass(eq=False)
class PaymentUnderWay(DomainError):
    """Nobody knows yet what became of an attempt: paying once more could pay twice."""


@dataclass(eq=False)
class MethodNotOffered(DomainError):
    """An order of this kind is not paid so: credit is bought by card only. Source: domain.md 7.3."""

    method: Final[PaymentMethod]


@dataclass(eq=False)
class TopUpOutOfRange(DomainError):
    """Less or more than can be put in at once, in cents. Source: domain.md 7.3."""

    least_cents: Final[int]
    most_cents: Final[int]


@dataclass(eq=False)
class SpaceNotSold(DomainError):
    """This mailbox can have no more space now, or not so much. Source: domain.md 3.1, 8.4."""

    reason: Final[NoSpace]


@dataclass(eq=False)
class PostingNotReversible(DomainError):
    """It bought, paid or followed from something that a reversal would leave standing."""

    posting_kind: Final[PostingKind]


@dataclass(eq=False)
class RefundUndecided(DomainError):
    """A gateway may be sending the money: it is not sent by hand besides."""

    state: Final[RefundState]
