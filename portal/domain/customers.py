"""Who a mailbox stands for: the kinds of customers and the fields of a holder, checked and normalised."""

from __future__ import annotations

from enum import StrEnum


class CustomerKind(StrEnum):
    """What a customer is before the law. Source: domain.md 11.1."""

    INDIVIDUAL = "individual"
    FREELANCER = "freelancer"
    SOLE_TRADER = "sole_trader"
    COMPANY = "company"
    NONPROFIT = "nonprofit"
    PUBLIC_BODY = "public_body"
