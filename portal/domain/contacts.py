"""What a holder may change by hand: where they live and how they are reached, never who they are.

Another name, tax code or VAT number is another holder, by a procedure of both. Source: domain.md C11, 2.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.countries import ITALY
from portal.domain.customers import CustomerKind, check_holder, email, required_fields
from portal.domain.errors import FieldProblem

CONTACT_FIELDS = (
    "phone",
    "mobile",
    "street",
    "street_number",
    "postal_code",
    "city",
    "province",
    "country",
)
"""Fields that take effect at once; the contact address waits for its confirmation. Source: domain.md 2.3."""
UNITS = (("phone",), ("mobile",), ("street", "street_number", "postal_code", "city", "province", "country"))
"""What changes together: half of one address and half of another are nobody's."""
OF_COUNTRY = frozenset({"phone", "mobile", "postal_code", "province"})
"""Judged by the country's rules: nothing can be said of them while the country is wrong."""
CONFIRMATION_LASTS = timedelta(hours=1)
"""How long the link of a change of address works. Source: domain.md 2.3."""
CHANGES_A_DAY = 20
"""Links that one customer may ask for within a day, since each is a mail to somebody."""


class FormCode(StrEnum):
    """What can be wrong with a form beyond its single texts (`customers.FieldCode`)."""

    TYPED_DIFFERENTLY = "typed_differently"
    """The second typing of the new address is not the first."""
    TOO_OFTEN = "too_often"
    MEANS_NONE = "means_none"
    """0000000 typed by hand: there is a choice of its own for no identifier."""
    CHOOSE = "choose"
    CHANGED_MEANWHILE = "changed_meanwhile"
    """Another page has changed it since this one was drawn."""


class AddressUse(StrEnum):
    """What an address shall be used for."""

    ACCOUNT = "account"
    """In place of the account's own."""
    NOTICES = "notices"
    """Besides the others."""


def check_contacts(
    kind: CustomerKind, texts: Mapping[str, str], *, today: date
) -> tuple[dict[str, str], list[FieldProblem]]:
    """Return the fields that a holder may change, in their one form, and every problem found.

    Source: domain.md 11.2.
    """
    own = {name: texts.get(name, "") for name in CONTACT_FIELDS}
    required = required_fields(kind, country_in(texts)) & set(CONTACT_FIELDS)
    values, problems = check_holder(kind, own, required=required, address="", today=today)
    return (
        {name: values[name] for name in CONTACT_FIELDS if name in values},
        without_consequences(problem for problem in problems if problem.field in CONTACT_FIELDS),
    )


def merged(
    typed: Mapping[str, str], seen: Mapping[str, str], stored: Mapping[str, str]
) -> tuple[dict[str, str], list[FieldProblem]]:
    """Return the texts to keep, and the fields that this page and another have changed differently.

    `seen` is what the page showed when it was drawn: what its reader left alone stays as it is now, whoever
    changed it since. Source: docs/adr/0009.
    """
    texts, problems = dict(typed), []
    for unit in UNITS:
        if all(stored[name] == seen.get(name, stored[name]) for name in unit):
            continue
        if all(typed.get(name, "") == seen.get(name, "") for name in unit):
            texts |= {name: stored[name] for name in unit}
            continue
        differing = [name for name in unit if typed.get(name, "") != stored[name]]
        problems += [FieldProblem(name, FormCode.CHANGED_MEANWHILE) for name in differing]
    return texts, problems


def new_contact(typed: str, again: str, current: str) -> str:
    """Return the address to change to, or an empty text where it is still the current one.

    Raises FieldProblem for what is no address, and for a second typing that differs. Source: domain.md 11.2.
    """
    wanted = email(typed, "contact_email")
    if same_address(wanted, current):
        return ""
    if " ".join(again.split()).lower() != wanted.lower():
        raise FieldProblem("contact_email_again", FormCode.TYPED_DIFFERENTLY)
    return wanted


def same_address(one: str, other: str) -> bool:
    """Say whether two addresses reach the same person; hardly any server tells capitals apart."""
    return one.lower() == other.lower()


def country_in(texts: Mapping[str, str]) -> str:
    """Return the country that a form names, Italy where it names none."""
    return texts.get("country", "").strip().upper() or ITALY


def without_consequences(problems: Iterable[FieldProblem]) -> list[FieldProblem]:
    """Leave out what only follows from a wrong country."""
    found = list(problems)
    wrong_country = any(problem.field == "country" for problem in found)
    return [problem for problem in found if not (wrong_country and problem.field in OF_COUNTRY)]
