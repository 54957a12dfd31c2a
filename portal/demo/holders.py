"""Made-up holders, with tax codes and VAT numbers of no one whose check characters are right."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from stdnum import luhn
from stdnum.it import codicefiscale

TOWNS = (
    ("10121", "Torino", "TO"),
    ("16121", "Genova", "GE"),
    ("52100", "Arezzo", "AR"),
    ("80133", "Napoli", "NA"),
)
MONTHS = "ABCDEHLMPRST"
NOWHERE = "Z999"
"""A place code that belongs to no town: these people cannot exist."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder's columns of the register, by their names."""

    holder_kind: str
    tax_code: str
    contact_email: str
    first_name: str = ""
    last_name: str = ""
    business_name: str = ""
    vat_number: str = ""
    phone: str = ""
    street: str = ""
    street_number: str = ""
    postal_code: str = ""
    city: str = ""
    province: str = ""
    country: str = "IT"

    def columns(self) -> dict[str, str]:
        return asdict(self)


def person(kind: str, first_name: str, last_name: str, number: int, *, vat: bool = False) -> Holder:
    """Return a natural person; `number` makes birthday and VAT number differ."""
    return Holder(
        holder_kind=kind,
        tax_code=tax_code(first_name, last_name, number),
        contact_email=f"{first_name}.{last_name}@posta.example".lower().replace(" ", ""),
        first_name=first_name,
        last_name=last_name,
        vat_number=eleven_digits(9_000_000 + number) if vat else "",
        **_place(number),
    )


def body(kind: str, business_name: str, contact_email: str, number: int, *, vat: bool = True) -> Holder:
    """Return a company, a body or an association."""
    code = eleven_digits(9_100_000 + number)
    return Holder(
        holder_kind=kind,
        tax_code=code,
        contact_email=contact_email,
        business_name=business_name,
        vat_number=code if vat else "",
        **_place(number),
    )


def tax_code(first_name: str, last_name: str, number: int) -> str:
    """Return a codice fiscale with the right check letter, born nowhere. Source: domain.md 11.3."""
    year, month, day = 60 + number % 35, MONTHS[number % 12], 1 + number % 28
    start = f"{_three(last_name)}{_three(first_name, is_first=True)}{year:02}{month}{day:02}{NOWHERE}"
    return start + codicefiscale.calc_check_digit(start)


def eleven_digits(seven: int) -> str:
    """Return a VAT number (office 001, check digit right) for a number of seven digits."""
    start = f"{seven:07}001"
    return start + str(luhn.calc_check_digit(start))


def _three(name: str, *, is_first: bool = False) -> str:
    """Return consonants, then vowels; a first name with four consonants or more leaves out the second."""
    letters = [letter for letter in name.upper() if "A" <= letter <= "Z"]
    consonants = [letter for letter in letters if letter not in "AEIOU"]
    if is_first and len(consonants) > 3:
        del consonants[1]
    vowels = [letter for letter in letters if letter in "AEIOU"]
    return "".join([*consonants, *vowels, "X", "X", "X"][:3])


def _place(number: int) -> dict[str, str]:
    postal_code, city, province = TOWNS[number % len(TOWNS)]
    return {
        "phone": f"+39 055 000{number:04}",
        "street": "Via dell'Esempio",
        "street_number": str(1 + number % 99),
        "postal_code": postal_code,
        "city": city,
        "province": province,
    }
