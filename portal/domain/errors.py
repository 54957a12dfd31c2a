"""Refusals: what the rules answer when something asked for may not be; the words for people are elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from portal.domain.access import Action
    from portal.domain.contracts import ContractKind
    from portal.domain.orders import OrderState
    from portal.domain.payments import PaymentMethod
    from portal.domain.plans import Plan
    from portal.domain.price_list import Item
    from portal.domain.renewability import NotRenewable
    from portal.domain.space import BlockedLine
    from portal.domain.withdrawal import NoWithdrawal, WithdrawalState


class DomainError(Exception):
    """An expected refusal; each kind is a class, its facts are typed attributes, set once."""

    # Not frozen dataclasses: contextlib assigns `__traceback__` to what passes through a `with`.

    @property
    def kind(self) -> str:
        """Return the name of the refusal, by which templates choose their words."""
        return type(self).__name__

    def __str__(self) -> str:
        return repr(self)


@dataclass(eq=False)
class NotFound(DomainError):
    """It does not exist, or is not the asker's: nobody can tell which. Source: product.md 2."""


@dataclass(eq=False)
class ProofNeeded(DomainError):
    """What is asked for needs a password given lately. Source: hardening.md S20."""


@dataclass(eq=False)
class NotAllowed(DomainError):
    """Visible, but not for this subject to do. Source: domain.md 2.2."""

    action: Final[Action]


@dataclass(eq=False)
class EmptySelection(DomainError):
    """Nothing was selected, or nothing of it can be renewed."""


@dataclass(eq=False)
class MailboxNotRenewable(DomainError):
    """This mailbox cannot be renewed here now. Source: domain.md C4, 3.6, 4."""

    address: Final[str]
    reason: Final[NotRenewable]


@dataclass(eq=False)
class DraftStale(DomainError):
    """The page answered about an older version of the draft."""


@dataclass(eq=False)
class DraftClosed(DomainError):
    """The draft has become an order, or was put aside for another."""

    order_number: Final[str | None]


@dataclass(eq=False)
class PlanNotOffered(DomainError):
    """The plan cannot be bought here. Source: domain.md 3.6."""

    plan: Final[Plan]


@dataclass(eq=False)
class PriceMissing(DomainError):
    """The price list has no row for the item on that day."""

    item: Final[Item]
    day: Final[date]


@dataclass(eq=False)
class ExtraNotOffered(DomainError):
    """The extra is not, or not any more, in the operator's list. Source: domain.md 3.5."""

    code: Final[str]


@dataclass(eq=False)
class TermNotOffered(DomainError):
    """These years cannot be bought; `offered` can. Source: domain.md C13."""

    years: Final[int]
    offered: Final[Sequence[int]]


@dataclass(eq=False)
class ConventionNotPayable(DomainError):
    """Nobody can pay this convention's renewal here: its body does, or it is not in force.

    Source: domain.md 8.6.
    """

    code: Final[str]
    day: Final[date]


@dataclass(eq=False)
class LineBlocked(DomainError):
    """Some mailboxes do not fit what was chosen for them. Source: domain.md 3.3."""

    lines: Final[Sequence[BlockedLine]]


@dataclass(eq=False)
class PriceChanged(DomainError):
    """The total on the customer's page is not the total of now. Source: domain.md 9."""

    shown_cents: Final[int]
    actual_cents: Final[int]


@dataclass(eq=False)
class ContractChanged(DomainError):
    """Another version of these texts came into force since the page was shown."""

    kinds: Final[Sequence[ContractKind]]


@dataclass(eq=False)
class ContractNotAccepted(DomainError):
    """These texts were not agreed to, and all must be. Source: domain.md 9 (7)."""

    kinds: Final[Sequence[ContractKind]]


@dataclass(eq=False)
class ContractMissing(DomainError):
    """The operator has no text of these kinds in force, so that nothing can be sold."""

    kinds: Final[Sequence[ContractKind]]


@dataclass(eq=False)
class StartNotRequested(DomainError):
    """A term begins within the withdrawal period, which the customer has to ask for. Source: domain.md 10."""


@dataclass(eq=False)
class WithdrawalNotPossible(DomainError):
    """This customer cannot withdraw from this order here. Source: domain.md 10."""

    reason: Final[NoWithdrawal]


@dataclass(eq=False)
class WithdrawalNotRefundable(DomainError):
    """There is nothing to send back, or it is not time yet, or another reference stands there."""

    state: Final[WithdrawalState]


@dataclass(eq=False)
class QuoteChanged(DomainError):
    """The quote on the customer's page is over or is another one, though its total is that of now."""


@dataclass(eq=False)
class OpenOrderExists(DomainError):
    """The mailbox already has an open renewal order. Source: domain.md 5 (1)."""

    address: Final[str]


@dataclass(eq=False)
class OrderNotCancellable(DomainError):
    """Only an unpaid order can be cancelled. Source: domain.md 5."""

    state: Final[OrderState]


@dataclass(eq=False)
class OrderNotPayable(DomainError):
    """The order no longer waits for money, or not for money that is sent by hand. Source: domain.md 5."""

    state: Final[OrderState]


@dataclass(eq=False)
class ConsentTooSmall(DomainError):
    """The order costs more than what was agreed for later charges: it is to be asked again."""

    maximum_cents: Final[int]
    due_cents: Final[int]


@dataclass(eq=False)
class ConsentChanged(DomainError):
    """What would be agreed now is not what the customer had in front of them. Source: hardening.md S42."""

    maximum_cents: Final[int]


@dataclass(eq=False)
class MandateMissing(DomainError):
    """Nobody allowed this charge: no mandate in force, or only for less. Source: hardening.md S42."""

    amount_cents: Final[int]


@dataclass(eq=False)
class PaymentDeclared(DomainError):
    """The customer said to have paid: this needs a second word. Source: domain.md 5 (5)."""

    sent_on: Final[date]


@dataclass(eq=False)
class PaymentTooLate(DomainError):
    """By this method the money may arrive when the mailbox is gone. Source: domain.md 5."""

    method: Final[PaymentMethod]
    latest: Final[date]
    last_day_to_renew: Final[date]


@dataclass(eq=False)
class AmountMismatch(DomainError):
    """The amount that arrived is not the amount due. Source: domain.md 5 (4)."""

    due_cents: Final[int]
    received_cents: Final[int]


@dataclass(eq=False)
class AmountUnreadable(DomainError):
    """The text is no amount of euros, or could be read as two."""

    text: Final[str]


@dataclass(eq=False)
class OrderNumberInvalid(DomainError):
    """The text is no order number: length, letters or check character."""

    text: Final[str]


@dataclass(eq=False)
class ExtraSpaceNotSold(DomainError):
    """After the expiry extra space is sold only together with the renewal. Source: domain.md 8.4."""

    expires_on: Final[date]


@dataclass(eq=False)
class FieldsRefused(DomainError):
    """A form cannot be taken as it is; nothing of it was. Source: domain.md 11.4."""

    problems: Final[Sequence[FieldProblem]]


@dataclass(eq=False)
class DataRefused(DomainError):
    """The step «Dati» cannot be taken as it is: what is wrong with a holder's, with the invoice's."""

    holder: Final[Sequence[FieldProblem]]
    billing: Final[Sequence[FieldProblem]]


@dataclass(eq=False)
class DataMissing(DomainError):
    """The data of the holders or of the invoice are not all there yet. Source: domain.md 9."""


@dataclass(eq=False)
class AutoRenewalRefused(DomainError):
    """Auto-renewal cannot be switched on so; `problem` is a code about that field of the form."""

    field: Final[str]
    problem: Final[str]


@dataclass(eq=False)
class FieldProblem(DomainError):
    """One field of a form or a file is not acceptable; `code` is one of `customers.FieldCode`."""

    field: Final[str]
    code: Final[str]
