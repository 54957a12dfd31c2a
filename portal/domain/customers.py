"""Who a mailbox stands for: kinds of customers, and a holder's fields checked and brought to one form."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from enum import StrEnum
from functools import partial

from stdnum import luhn
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.it import codicefiscale

from portal.domain.countries import COUNTRIES, ITALY
from portal.domain.errors import FieldProblem
from portal.domain.provinces import is_province_on
from portal.domain.texts import compact, one_line, plain_letters


class CustomerKind(StrEnum):
    """What a customer is before the law. Source: domain.md 11.1."""

    INDIVIDUAL = "individual"
    FREELANCER = "freelancer"
    SOLE_TRADER = "sole_trader"
    COMPANY = "company"
    NONPROFIT = "nonprofit"
    PUBLIC_BODY = "public_body"

    @property
    def is_person(self) -> bool:
        """Say whether a single human being stands behind it, who has a person's tax code."""
        return self in _PERSONS


class FieldCode(StrEnum):
    """What can be wrong with a field."""

    REQUIRED = "required"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    """It contains what such a field cannot."""
    FORMAT = "format"
    """It is not built as such a thing is built."""
    CHECK_CHARACTER = "check_character"
    """Well built, but the last character gives away a slip of the pen."""
    PROVISIONAL = "provisional"
    """The numeric tax code that a person has for a while: ask the support. Source: domain.md 11.3."""
    UNKNOWN = "unknown"
    """No such country or province on that day."""
    SAME_AS_MAILBOX = "same_as_mailbox"


_PERSONS = frozenset({CustomerKind.INDIVIDUAL, CustomerKind.FREELANCER, CustomerKind.SOLE_TRADER})
BUSINESS_REGISTER = frozenset({CustomerKind.SOLE_TRADER, CustomerKind.COMPANY, CustomerKind.NONPROFIT})
"""Holders whose address may stand in the Registro delle Imprese. Source: domain.md 4."""
_WITH_VAT_NUMBER = frozenset({CustomerKind.FREELANCER, CustomerKind.SOLE_TRADER, CustomerKind.COMPANY})
_OF_EVERYBODY = frozenset(
    {"tax_code", "contact_email", "phone", "street", "street_number", "postal_code", "city", "country"}
)

PEC_DOMAINS = frozenset(
    "pec.it arubapec.it gigapec.it pecditta.com pec.cloud mypec.eu casellapec.com pecaruba.it".split()
)
"""Certified domains open to everybody. Source: domain.md 3.1."""

_ATOM = r"[A-Za-z0-9!#$%&'*+=?^_`{|}~-]+"
# No slash, which RFC 5321 would allow: an address is part of its page's path.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
_EMAIL = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>(?:{_LABEL}\.)+{_TOP_LABEL})")
_PHONE_SEPARATORS = re.compile(r"[\s./()\-]")
_PHONE = re.compile(r"(?P<international>\+|00)?(?P<digits>[0-9]{6,15})")
_LONGEST_PHONE = 15
"""Digits of a number with its country. Source: ITU-T E.164."""


def person_name(text: str, field: str) -> str:
    """Return a first or last name: 1-60 letters, apostrophes, hyphens, spaces, the point of «Gal·la».

    Raises FieldProblem.
    """
    name = one_line(plain_letters(text), field, 60)
    if not all(letter.isalpha() or letter in "'’- ·" for letter in name) or name.strip("'’- ·") == "":
        raise FieldProblem(field, FieldCode.CHARACTERS)
    return name


def business_name(text: str) -> str:
    """Return a business name of 1-80 characters. Raises FieldProblem. Source: domain.md 11.2."""
    return one_line(text, "business_name", 80)


def tax_code(text: str, kind: CustomerKind) -> str:
    """Return a tax code in capitals: 16 characters of a person, 11 digits of any other.

    A business's tax code need not equal its VAT number. Raises FieldProblem. Source: domain.md 11.3.
    """
    code = compact(text, "tax_code")
    if not kind.is_person:
        return _eleven_digits(code, "tax_code")
    if re.fullmatch(r"[0-9]{11}", code):
        raise FieldProblem("tax_code", FieldCode.PROVISIONAL)
    try:
        if re.fullmatch(r"[0-9A-Z]{16}", code):  # the library leaves out hyphens, and takes what remains
            return codicefiscale.validate(code)
    except InvalidChecksum as wrong:
        raise FieldProblem("tax_code", FieldCode.CHECK_CHARACTER) from wrong
    except ValidationError as wrong:
        raise FieldProblem("tax_code", FieldCode.FORMAT) from wrong
    raise FieldProblem("tax_code", FieldCode.FORMAT)


def vat_number(text: str) -> str:
    """Return an Italian VAT number as 11 digits, without IT before it.

    Only length and check digit are looked at: the list of tax offices, which digits 8-10 name, has grown
    before. Raises FieldProblem. Source: domain.md 11.3.
    """
    return _eleven_digits(compact(text, "vat_number").removeprefix("IT"), "vat_number")


def country(text: str) -> str:
    """Return the two letters of a country. Raises FieldProblem. Source: domain.md 11.2."""
    code = compact(text, "country")
    if code not in COUNTRIES:
        raise FieldProblem("country", FieldCode.UNKNOWN)
    return code


def province(text: str, country_code: str, today: date) -> str:
    """Return the two letters of a province of today's; nothing abroad. Raises FieldProblem.

    Source: domain.md 11.2.
    """
    if country_code != ITALY:
        return ""
    letters = compact(text, "province")
    if not is_province_on(letters, today):
        raise FieldProblem("province", FieldCode.UNKNOWN)
    return letters


def postal_code(text: str, country_code: str) -> str:
    """Return a postal code: five digits in Italy, up to ten characters elsewhere. Raises FieldProblem."""
    code = one_line(text, "postal_code", 10).upper()
    if not re.fullmatch(r"[0-9]{5}" if country_code == ITALY else r"[0-9A-Z][0-9A-Z -]*", code):
        raise FieldProblem("postal_code", FieldCode.FORMAT)
    return code


def phone(text: str, country_code: str, field: str = "phone") -> str:
    """Return a telephone number as E.164, «+390551234567»; without + or 00 before it, an Italian one.

    Raises FieldProblem. Source: domain.md 11.2.
    """
    number = _PHONE.fullmatch(_PHONE_SEPARATORS.sub("", one_line(text, field, 40)))
    if not number or (not number["international"] and country_code != ITALY):
        raise FieldProblem(field, FieldCode.FORMAT)
    digits = number["digits"] if number["international"] else f"39{number['digits']}"
    if len(digits) > _LONGEST_PHONE:
        raise FieldProblem(field, FieldCode.TOO_LONG)
    return f"+{digits}"


def email(text: str, field: str) -> str:
    """Return an e-mail address, its domain in lower case. Raises FieldProblem. Source: domain.md 11.2."""
    match = _EMAIL.fullmatch(one_line(text, field, 254))
    if not match or len(match["local"]) > 64:
        raise FieldProblem(field, FieldCode.FORMAT)
    return f"{match['local']}@{match['domain'].lower()}"


def mailbox_address(text: str) -> str:
    """Return a certified mailbox's address, in lower case all of it. Raises FieldProblem."""
    return email(text, "address").lower()


def contact_email(text: str, address: str) -> str:
    """Return where notices go, which must not be the mailbox itself. Raises FieldProblem.

    Source: domain.md 11.2.
    """
    contact = email(text, "contact_email")
    if contact.lower() == address.lower():
        raise FieldProblem("contact_email", FieldCode.SAME_AS_MAILBOX)
    return contact


def is_on_pec_domain(address: str) -> bool:
    """Say whether ordinary mail probably does not get there: a warning, no more. Source: domain.md 11.2."""
    domain = address.rpartition("@")[2].lower()
    return domain in PEC_DOMAINS or domain.startswith("pec.")


def required_fields(kind: CustomerKind, country_code: str = ITALY) -> frozenset[str]:
    """Return the fields that a form marks with an asterisk. Source: domain.md 11.2."""
    fields = _OF_EVERYBODY
    if kind.is_person:
        fields |= {"first_name", "last_name"}
    if kind not in {CustomerKind.INDIVIDUAL, CustomerKind.FREELANCER}:
        fields |= {"business_name"}
    if kind in _WITH_VAT_NUMBER:
        fields |= {"vat_number"}
    return fields | {"province"} if country_code == ITALY else fields


def register_fields(kind: CustomerKind, texts: Mapping[str, str]) -> frozenset[str]:
    """Return the fields without which a row of the register is useless: tax code, contact and a name.

    A sole trader is named by the business or by the person, whichever `texts` has. Source: product.md 5.
    """
    has_business_name = bool(texts.get("business_name", "").strip())
    by_person = kind.is_person and not (kind is CustomerKind.SOLE_TRADER and has_business_name)
    name = {"first_name", "last_name"} if by_person else {"business_name"}
    return frozenset({"tax_code", "contact_email"} | name)


def check_holder(
    kind: CustomerKind,
    texts: Mapping[str, str],
    *,
    required: Collection[str],
    address: str,
    today: date,
) -> tuple[dict[str, str], list[FieldProblem]]:
    """Return the holder's fields in their one form, and every problem found; `address` is the mailbox's.

    A field that is empty and not required is an empty text; the country is Italy unless said otherwise.
    Source: domain.md 11.2.
    """
    values: dict[str, str] = {}
    problems: list[FieldProblem] = []
    filled = {name: text for name, text in texts.items() if text.strip()}
    country_code = filled.setdefault("country", ITALY).strip().upper()
    for name, rule in _rules(kind, country_code, address, today).items():
        try:
            values[name] = rule(filled[name]) if name in filled else _empty(name, required)
        except FieldProblem as problem:
            problems.append(problem)
    return values, problems


def _rules(
    kind: CustomerKind, country_code: str, address: str, today: date
) -> dict[str, Callable[[str], str]]:
    return {
        "first_name": partial(person_name, field="first_name"),
        "last_name": partial(person_name, field="last_name"),
        "business_name": business_name,
        "tax_code": partial(tax_code, kind=kind),
        "vat_number": vat_number,
        "contact_email": partial(contact_email, address=address),
        "phone": partial(phone, country_code=country_code),
        "mobile": partial(phone, country_code=country_code, field="mobile"),
        "street": partial(one_line, field="street", longest=60),
        "street_number": partial(one_line, field="street_number", longest=8),
        "postal_code": partial(postal_code, country_code=country_code),
        "city": partial(one_line, field="city", longest=60),
        "province": partial(province, country_code=country_code, today=today),
        "country": country,
    }


def _empty(field: str, required: Collection[str]) -> str:
    if field in required:
        raise FieldProblem(field, FieldCode.REQUIRED)
    return ""


def _eleven_digits(code: str, field: str) -> str:
    if not re.fullmatch(r"[0-9]{11}", code) or code == "0" * 11:
        raise FieldProblem(field, FieldCode.FORMAT)
    if not luhn.is_valid(code):
        raise FieldProblem(field, FieldCode.CHECK_CHARACTER)
    return code
