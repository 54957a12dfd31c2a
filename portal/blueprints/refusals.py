"""How renewals and orders answer a refusal: one table of statuses, one template of words."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.credit_errors import (
    CreditNotForTopUp,
    CreditTooSmall,
    MethodNotOffered,
    PaymentUnderWay,
    SpaceNotSold,
)
from portal.domain.errors import (
    ContractChanged,
    ContractMissing,
    ContractNotAccepted,
    ConventionNotPayable,
    DataMissing,
    DomainError,
    DraftClosed,
    DraftStale,
    EmptySelection,
    ExtraNotOffered,
    LineBlocked,
    MailboxNotRenewable,
    NotAllowed,
    OpenOrderExists,
    OrderNotCancellable,
    OrderNotPayable,
    PaymentDeclared,
    PaymentTooLate,
    PlanNotOffered,
    PriceChanged,
    PriceMissing,
    QuoteChanged,
    StartNotRequested,
    TermNotOffered,
    WithdrawalNotPossible,
)

STATUSES: dict[type[DomainError], int] = {
    NotAllowed: 403,
    ContractChanged: 409,
    ContractMissing: 409,
    ConventionNotPayable: 409,
    DraftStale: 409,
    MailboxNotRenewable: 409,
    OpenOrderExists: 409,
    OrderNotCancellable: 409,
    OrderNotPayable: 409,
    PaymentDeclared: 409,
    PriceChanged: 409,
    ContractNotAccepted: 422,
    DataMissing: 422,
    QuoteChanged: 409,
    EmptySelection: 422,
    ExtraNotOffered: 422,
    LineBlocked: 422,
    PaymentTooLate: 422,
    PlanNotOffered: 422,
    PriceMissing: 422,
    StartNotRequested: 422,
    TermNotOffered: 422,
    WithdrawalNotPossible: 409,
    CreditNotForTopUp: 409,
    CreditTooSmall: 409,
    MethodNotOffered: 409,
    PaymentUnderWay: 409,
    SpaceNotSold: 409,
}
"""What each refusal is in HTTP; its words are in templates/renewals/_refusal.html."""


def status_of(refusal: DomainError) -> int:
    """Return the HTTP status of a refusal."""
    return STATUSES[type(refusal)]


def answer(bp: Blueprint) -> None:
    """Give the blueprint a page for each refusal that none of its views has answered by itself."""
    for kind in STATUSES:
        bp.register_error_handler(kind, _page)
    bp.register_error_handler(DraftClosed, _closed)


def _page(refusal: DomainError) -> ResponseReturnValue:
    return web.render("renewals/refused.html", status=status_of(refusal), refusal=refusal)


def _closed(refusal: DraftClosed) -> ResponseReturnValue:
    """Lead from a finished draft to its order; say that a discarded one is gone."""
    if refusal.order_number is None:
        return web.render("renewals/refused.html", status=410, refusal=refusal)
    return web.see_other("orders.show", number=refusal.order_number)
