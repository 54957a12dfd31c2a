"""A holder's fields: what is taken, in which form, and what is refused why. Source: domain.md 11."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest

from portal.domain.customers import (
    CustomerKind,
    FieldCode,
    business_name,
    check_holder,
    contact_email,
    email,
    is_on_pec_domain,
    mailbox_address,
    person_name,
    register_fields,
    required_fields,
)
from portal.domain.errors import FieldProblem

INDIVIDUAL, FREELANCER, SOLE_TRADER, COMPANY, NONPROFIT, PUBLIC_BODY = CustomerKind
TODAY = date(2026, 11, 24)
ADDRESS = "studio.rossi@pec.example"


def refusal_of(rule: Callable[[str], str], text: str) -> FieldCode:
    with pytest.raises(FieldProblem) as refusal:
        rule(text)
    return FieldCode(refusal.value.code)


@pytest.mark.parametrize(
    "name", ["Mario", "D'Alò", "D’Angelo", "Maria Grazia", "Pérez-Núñez", "Žižek", "Gal·la"]
)
def test_a_persons_name_is_taken(name: str) -> None:
    assert person_name(name, "last_name") == name


def test_names_lose_needless_spaces_and_split_accents() -> None:
    assert person_name("  Nicolo\u0300 \t Rossi ", "first_name") == "Nicolò Rossi"
    assert person_name("\uff32\uff4f\U0001d42c\U0001d42ci", "last_name") == "Rossi", "letters of other styles"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("R2D2", FieldCode.CHARACTERS),
        ("Rossi;", FieldCode.CHARACTERS),
        ("Rossi 😀", FieldCode.CHARACTERS),
        ("-", FieldCode.CHARACTERS),
        ("' ’", FieldCode.CHARACTERS),
        ("Ros\u2066si", FieldCode.CHARACTERS),
        ("<b>Rossi</b>", FieldCode.CHARACTERS),
        ("Ros\u200bsi", FieldCode.CHARACTERS),
        ("Ros\u202esi", FieldCode.CHARACTERS),
        ("Ros\x00si", FieldCode.CHARACTERS),
        ("a" * 61, FieldCode.TOO_LONG),
        ("", FieldCode.REQUIRED),
        ("\u00a0", FieldCode.REQUIRED),
    ],
)
def test_a_persons_name_is_refused(text: str, code: FieldCode) -> None:
    assert refusal_of(partial(person_name, field="last_name"), text) is code


@pytest.mark.parametrize(("text", "taken"), [("a" * 60, True), ("a" * 61, False)])
def test_a_persons_name_has_sixty_letters_at_most(text: str, taken: bool) -> None:
    assert not taken or person_name(text, "last_name") == text
    assert taken or refusal_of(partial(person_name, field="last_name"), text) is FieldCode.TOO_LONG


def test_a_business_may_be_called_as_it_likes() -> None:
    assert business_name("3B & Co. S.r.l. – «L'Unità»") == "3B & Co. S.r.l. – «L'Unità»"
    assert business_name("x" * 80)
    assert refusal_of(business_name, "x" * 81) is FieldCode.TOO_LONG


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u200b", "\u202e", "\ufeff"])
def test_what_cannot_be_seen_is_refused_everywhere(hidden: str) -> None:
    _, problems = checked(street=f"Via {hidden}Roma", city=f"Fi{hidden}renze", street_number=f"1{hidden}")

    assert problems == {(field, FieldCode.CHARACTERS) for field in ("street", "city", "street_number")}
    assert refusal_of(business_name, f"Rossi{hidden} S.r.l.") is FieldCode.CHARACTERS


@pytest.mark.parametrize(("field", "longest"), [("street", 60), ("street_number", 8), ("city", 60)])
def test_an_address_has_limits(field: str, longest: int) -> None:
    fits, too_long = "x" * longest, "x" * (longest + 1)

    assert checked(INDIVIDUAL, **{field: fits})[1] == set()
    assert checked(INDIVIDUAL, **{field: too_long})[1] == {(field, FieldCode.TOO_LONG)}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mario.rossi@posta.example", "mario.rossi@posta.example"),
        (" Mario.Rossi@Posta.Example ", "Mario.Rossi@posta.example"),
        ("o'neil+pec_1@sub.posta-libera.example", "o'neil+pec_1@sub.posta-libera.example"),
        ("a@b.xn--p1ai", "a@b.xn--p1ai"),
        ("\u00a0mario@posta.example\r\n", "mario@posta.example"),
        ("007@posta.example", "007@posta.example"),
        (f"{'a' * 64}@posta.example", f"{'a' * 64}@posta.example"),
    ],
)
def test_an_email_address_is_taken(text: str, address: str) -> None:
    assert email(text, "contact_email") == address


@pytest.mark.parametrize(
    "text",
    [
        "mario.rossi",
        "@posta.example",
        "mario@",
        "mario@localhost",
        "mario@posta..example",
        "mario@-posta.example",
        "mario@posta.1",
        "mario..rossi@posta.example",
        ".mario@posta.example",
        "mario rossi@posta.example",
        "mario@posta.example, luigi@posta.example",
        "mario@posta.example\nBcc: tutti@posta.example",
        "Mario <mario@posta.example>",
        "niccolò@posta.example",
        "m\uff41rio@posta.example",
        "m\u0430rio@posta.example",
        "mario@posta.example.",
        "mario@@posta.example",
        '"mario rossi"@posta.example',
        "mario@[127.0.0.1]",
        "mario@pòsta.example",
        f"{'a' * 65}@posta.example",
    ],
)
def test_an_email_address_is_refused(text: str) -> None:
    assert refusal_of(partial(email, field="contact_email"), text) is FieldCode.FORMAT


def test_an_email_address_has_254_characters_at_most() -> None:
    labels = ".".join(["b" * 60] * 3)
    longest = f"{'a' * 60}@{labels}.{'c' * 10}"
    assert len(longest) == 254

    assert email(longest, "contact_email") == longest
    assert refusal_of(partial(email, field="contact_email"), f"{longest}c") is FieldCode.TOO_LONG


@pytest.mark.parametrize("text", [ADDRESS, "Studio.Rossi@PEC.example"])
def test_notices_must_not_go_to_the_mailbox_itself(text: str) -> None:
    assert refusal_of(partial(contact_email, address=ADDRESS), text) is FieldCode.SAME_AS_MAILBOX


def test_a_mailbox_address_is_in_lower_case() -> None:
    assert mailbox_address(" Studio.ROSSI@Pec.Example") == ADDRESS


@pytest.mark.parametrize(
    ("address", "is_pec"),
    [
        ("a@pec.it", True),
        ("a@ARUBAPEC.it", True),
        ("a@pec.studiorossi.it", True),
        ("a@posta.example", False),
        ("a@notpec.it", False),
        ("pec.it@posta.example", False),
    ],
)
def test_addresses_that_refuse_ordinary_mail_are_recognised(address: str, is_pec: bool) -> None:
    assert is_on_pec_domain(address) is is_pec


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (INDIVIDUAL, {"first_name", "last_name"}),
        (FREELANCER, {"first_name", "last_name", "vat_number"}),
        (SOLE_TRADER, {"first_name", "last_name", "business_name", "vat_number"}),
        (COMPANY, {"business_name", "vat_number"}),
        (NONPROFIT, {"business_name"}),
        (PUBLIC_BODY, {"business_name"}),
    ],
)
def test_each_kind_has_its_own_required_fields(kind: CustomerKind, fields: set[str]) -> None:
    of_everybody = set(
        "tax_code contact_email phone street street_number postal_code city country province".split()
    )

    assert required_fields(kind) == fields | of_everybody
    assert required_fields(kind, "FR") == (fields | of_everybody) - {"province"}


@pytest.mark.parametrize(
    ("kind", "business", "name"),
    [
        (INDIVIDUAL, "", {"first_name", "last_name"}),
        (FREELANCER, "Studio Rossi", {"first_name", "last_name"}),
        (SOLE_TRADER, "", {"first_name", "last_name"}),
        (SOLE_TRADER, "  ", {"first_name", "last_name"}),
        (SOLE_TRADER, "Ditta Rossi", {"business_name"}),
        (COMPANY, "", {"business_name"}),
        (PUBLIC_BODY, "", {"business_name"}),
    ],
)
def test_a_row_of_the_register_needs_a_tax_code_a_contact_and_a_name(
    kind: CustomerKind, business: str, name: set[str]
) -> None:
    assert register_fields(kind, {"business_name": business}) == {"tax_code", "contact_email"} | name


GOOD = {
    "first_name": " Mario ",
    "last_name": "Rossi",
    "tax_code": "rssmra85m01h501q",
    "contact_email": "Mario.Rossi@Posta.example",
    "phone": "055 1234567",
    "street": "Via  Roma",
    "street_number": "1",
    "postal_code": "50100",
    "city": "Firenze",
    "province": "fi",
    "country": "it",
}


def checked(kind: CustomerKind = INDIVIDUAL, **changes: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    values, problems = check_holder(
        kind, GOOD | changes, required=required_fields(kind), address=ADDRESS, today=TODAY
    )
    return values, {(problem.field, problem.code) for problem in problems}


def test_a_good_holder_comes_back_in_one_form() -> None:
    values, problems = checked()

    assert problems == set()
    assert values == {
        "first_name": "Mario",
        "last_name": "Rossi",
        "business_name": "",
        "tax_code": "RSSMRA85M01H501Q",
        "vat_number": "",
        "contact_email": "Mario.Rossi@posta.example",
        "phone": "+390551234567",
        "mobile": "",
        "street": "Via Roma",
        "street_number": "1",
        "postal_code": "50100",
        "city": "Firenze",
        "province": "FI",
        "country": "IT",
    }


def test_the_one_form_stays_as_it_is() -> None:
    values, _ = checked()

    assert checked(INDIVIDUAL, **values) == (values, set())


def test_every_problem_is_told_at_once() -> None:
    _, problems = checked(
        COMPANY, tax_code="1", contact_email=ADDRESS, phone="x", city=" ", province="ZZ", postal_code="5"
    )

    assert problems == {
        ("business_name", FieldCode.REQUIRED),
        ("vat_number", FieldCode.REQUIRED),
        ("tax_code", FieldCode.FORMAT),
        ("contact_email", FieldCode.SAME_AS_MAILBOX),
        ("phone", FieldCode.FORMAT),
        ("city", FieldCode.REQUIRED),
        ("province", FieldCode.UNKNOWN),
        ("postal_code", FieldCode.FORMAT),
    }


def test_the_country_is_italy_unless_said_otherwise() -> None:
    assert checked(country="")[0]["country"] == "IT"
    assert checked(country="", postal_code="SW1A 2AA")[1] == {("postal_code", FieldCode.FORMAT)}


def test_abroad_other_rules_hold() -> None:
    values, problems = checked(country="fr", postal_code="75001 CX", province="", phone="+33 1 23 45 67 89")

    assert problems == {("province", FieldCode.REQUIRED)}  # the form asked for an Italian's fields
    assert (values["country"], values["postal_code"]) == ("FR", "75001 CX")


def test_what_is_not_required_may_be_empty() -> None:
    few = {
        "first_name": "Mario",
        "last_name": "Rossi",
        "tax_code": GOOD["tax_code"],
        "contact_email": "a@b.example",
    }

    values, problems = check_holder(
        INDIVIDUAL, few, required=register_fields(INDIVIDUAL, few), address=ADDRESS, today=TODAY
    )

    assert problems == []
    assert (values["city"], values["province"], values["country"]) == ("", "", "IT")


def test_fields_that_no_holder_has_are_left_alone() -> None:
    assert "plan" not in checked(plan="standard")[0]
