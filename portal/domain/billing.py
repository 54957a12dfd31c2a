"""In whose name an order is invoiced, and by which way the electronic invoice gets there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from portal.domain.contacts import FormCode, country_in, without_consequences
from portal.domain.customers import CustomerKind, FieldCode, check_holder, email, required_fields
from portal.domain.errors import FieldProblem
from portal.domain.texts import compact, one_line


class EinvoiceRoute(StrEnum):
    """How the invoice gets to the customer's software. Source: domain.md 11.2."""

    SDI_CODE = "sdi_code"
    EINVOICE_PEC = "einvoice_pec"
    NONE = "none"
    """«Nessun identificativo»: the customer fetches it from the tax portal."""


_INDIVIDUAL, _FREELANCER, _SOLE_TRADER, _COMPANY, _NONPROFIT, _PUBLIC_BODY = CustomerKind
_PERSON, _FIRM = ("first_name", "last_name", "tax_code"), ("business_name", "tax_code", "vat_number")
IDENTITY_FIELDS: Mapping[CustomerKind, tuple[str, ...]] = MappingProxyType(
    {
        _INDIVIDUAL: _PERSON,
        _FREELANCER: (*_PERSON, "vat_number"),
        _SOLE_TRADER: (*_PERSON[:2], *_FIRM),
        _COMPANY: _FIRM,
        _NONPROFIT: _FIRM,
        _PUBLIC_BODY: _FIRM,
    }
)
"""What names each kind of customer. Source: domain.md 11.2."""
PLACE_FIELDS = ("street", "street_number", "postal_code", "city", "province", "country", "phone")
PUBLIC_FIELDS = ("cig", "cup", "po_reference")
ROUTES: Mapping[CustomerKind, tuple[EinvoiceRoute, ...]] = MappingProxyType(
    dict.fromkeys(CustomerKind, tuple(EinvoiceRoute))
    | {_INDIVIDUAL: (EinvoiceRoute.NONE,), _PUBLIC_BODY: (EinvoiceRoute.SDI_CODE,)}
)
"""The ways each kind may choose from; a single one is not asked for. Source: domain.md 11.2."""
BILLING_TEXTS = (
    "first_name",
    "last_name",
    "business_name",
    "tax_code",
    "vat_number",
    *PLACE_FIELDS,
    "email",
    "sdi_code",
    "einvoice_pec",
    *PUBLIC_FIELDS,
)
"""Every text of a billing profile; a kind that has no use for one keeps it empty."""
NO_CODE = "0000000"
"""What an invoice carries where there is no code."""
_OFFICE_LENGTH, _CODE_LENGTH = 6, 7


def check_billing(
    kind: CustomerKind, texts: Mapping[str, str], *, today: date
) -> tuple[dict[str, str], list[FieldProblem]]:
    """Return every text of the profile in its one form, the route among them, and every problem found.

    What a kind of customer does not have is left empty, whatever was sent. Source: domain.md 11.2, 11.3.
    """
    values, problems = _check_common(kind, texts, today)
    for name, rule in _own_rules(kind, texts).items():
        try:
            values[name] = rule(texts.get(name, ""))
        except FieldProblem as problem:
            problems.append(problem)
    return {name: values.get(name, "") for name in (*BILLING_TEXTS, "einvoice_route")}, problems


def has_split_payment(kind: CustomerKind, wanted: bool) -> bool:
    """Say whether the customer pays the net alone: public bodies may. Source: domain.md 8.2, 11.2."""
    return wanted and kind is CustomerKind.PUBLIC_BODY


def required_billing(kind: CustomerKind, country_code: str) -> frozenset[str]:
    """Return the fields that a form marks as needed; the identifier's are judged by the route chosen."""
    own = required_fields(kind, country_code) - {"contact_email"} | {"email"}
    return own | {"sdi_code"} if kind is CustomerKind.PUBLIC_BODY else own


def route_chosen(kind: CustomerKind, text: str) -> EinvoiceRoute:
    """Return the way of the invoice: the only one of the kind, or the one chosen. Raises FieldProblem."""
    offered = ROUTES[kind]
    if len(offered) == 1:
        return offered[0]
    if text not in offered:
        raise FieldProblem("einvoice_route", FormCode.CHOOSE)
    return EinvoiceRoute(text)


def sdi_code(text: str, kind: CustomerKind) -> str:
    """Return the recipient code, 7 characters, or a public office's, 6. Raises FieldProblem."""
    code = compact(text, "sdi_code")
    length = _OFFICE_LENGTH if kind is CustomerKind.PUBLIC_BODY else _CODE_LENGTH
    if code == NO_CODE:
        raise FieldProblem("sdi_code", FormCode.MEANS_NONE)
    if not re.fullmatch(rf"[A-Z0-9]{{{length}}}", code):
        raise FieldProblem("sdi_code", FieldCode.FORMAT)
    return code


def cig(text: str) -> str:
    """Return the identifier of a tender, 10 letters or digits; nothing where there is none."""
    return _optional_code(text, "cig", r"[A-Z0-9]{10}")


def cup(text: str) -> str:
    """Return the identifier of a project, a letter and 14 letters or digits; nothing where there is none."""
    return _optional_code(text, "cup", r"[A-Z][A-Z0-9]{14}")


def po_reference(text: str) -> str:
    """Return the customer's own order or commitment, up to 20 characters; nothing where there is none."""
    return one_line(text, "po_reference", 20) if text.strip() else ""


def _check_common(
    kind: CustomerKind, texts: Mapping[str, str], today: date
) -> tuple[dict[str, str], list[FieldProblem]]:
    """Check what a profile shares with a holder."""
    shared = (*IDENTITY_FIELDS[kind], *PLACE_FIELDS)
    required = required_fields(kind, country_in(texts)) & set(shared)
    own = {name: texts.get(name, "") for name in shared}
    values, problems = check_holder(kind, own, required=required, address="", today=today)
    return values, without_consequences(problems)


def _own_rules(kind: CustomerKind, texts: Mapping[str, str]) -> dict[str, Callable[[str], str]]:
    """Return the rules of what only a profile has, for this kind and the route chosen in the form."""
    rules: dict[str, Callable[[str], str]] = {
        "email": lambda text: email(text, "email"),
        "einvoice_route": lambda text: route_chosen(kind, text),
    }
    routes = ROUTES[kind]
    wanted = routes[0] if len(routes) == 1 else texts.get("einvoice_route", "")
    if wanted == EinvoiceRoute.SDI_CODE:
        rules["sdi_code"] = lambda text: sdi_code(text, kind)
    if wanted == EinvoiceRoute.EINVOICE_PEC:
        rules["einvoice_pec"] = lambda text: email(text, "einvoice_pec").lower()
    if kind is CustomerKind.PUBLIC_BODY:
        rules |= {"cig": cig, "cup": cup, "po_reference": po_reference}
    return rules


def _optional_code(text: str, field: str, pattern: str) -> str:
    if not text.strip():
        return ""
    code = compact(text, field)
    if not re.fullmatch(pattern, code):
        raise FieldProblem(field, FieldCode.FORMAT)
    return code
