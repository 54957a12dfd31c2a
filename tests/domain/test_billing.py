"""Who is invoiced: what each kind of customer has to say, and in which form. Source: domain.md 11."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.billing import BILLING_TEXTS, EinvoiceRoute, check_billing, has_split_payment
from portal.domain.contacts import CONTACT_FIELDS, FormCode, check_contacts
from portal.domain.customers import CustomerKind, FieldCode

TODAY = date(2026, 11, 24)
INDIVIDUAL, FREELANCER, SOLE_TRADER, COMPANY, NONPROFIT, PUBLIC_BODY = CustomerKind
PERSON, NUMBER = "RSSMRA85M01H501Q", "12345678903"
PLACE = {
    "street": "Via Roma",
    "street_number": "SNC",
    "postal_code": "50100",
    "city": "Firenze",
    "province": "fi",
    "country": "it",
    "phone": "055 1234567",
    "email": "fatture@posta.example",
}
NAMES = {"first_name": "Mario", "last_name": "Rossi"}
GOOD: dict[CustomerKind, dict[str, str]] = {
    INDIVIDUAL: NAMES | {"tax_code": PERSON},
    FREELANCER: NAMES | {"tax_code": PERSON, "vat_number": f"IT{NUMBER}", "einvoice_route": "none"},
    SOLE_TRADER: NAMES
    | {"business_name": "Da Mario", "tax_code": PERSON, "vat_number": NUMBER, "einvoice_route": "none"},
    COMPANY: {
        "business_name": "Rossi S.r.l.",
        "tax_code": "04552920482",
        "vat_number": "01573850516",
        "einvoice_route": "sdi_code",
        "sdi_code": "abc1234",
    },
    NONPROFIT: {
        "business_name": "Coro",
        "tax_code": NUMBER,
        "einvoice_route": "einvoice_pec",
        "einvoice_pec": "Coro@PEC.example",
    },
    PUBLIC_BODY: {"business_name": "Comune", "tax_code": NUMBER, "sdi_code": "ufabc1"},
}
every_kind = pytest.mark.parametrize("kind", list(CustomerKind))


def checked(kind: CustomerKind, **texts: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    values, problems = check_billing(kind, PLACE | GOOD[kind] | texts, today=TODAY)
    return values, {(problem.field, problem.code) for problem in problems}


@every_kind
def test_each_kind_is_taken(kind: CustomerKind) -> None:
    values, problems = checked(kind)

    assert problems == set()
    assert (values["province"], values["country"], values["phone"]) == ("FI", "IT", "+390551234567")


@every_kind
def test_the_one_form_stays_as_it_is(kind: CustomerKind) -> None:
    values, _ = checked(kind)

    assert check_billing(kind, values, today=TODAY) == (values, [])


@every_kind
def test_what_a_kind_does_not_have_is_left_empty(kind: CustomerKind) -> None:
    everything = dict.fromkeys(BILLING_TEXTS, "x" * 200) | PLACE | GOOD[kind]

    values, problems = check_billing(kind, everything | {"einvoice_route": "none"}, today=TODAY)

    own = {"cig", "cup", "po_reference"}
    if kind is PUBLIC_BODY:
        assert {problem.field for problem in problems} == own | {"vat_number"}
    else:
        assert all(values[name] == "" for name in (*own, "sdi_code", "einvoice_pec"))


@pytest.mark.parametrize(
    ("kind", "route"),
    [
        (INDIVIDUAL, EinvoiceRoute.NONE),
        (FREELANCER, EinvoiceRoute.NONE),
        (COMPANY, EinvoiceRoute.SDI_CODE),
        (NONPROFIT, EinvoiceRoute.EINVOICE_PEC),
        (PUBLIC_BODY, EinvoiceRoute.SDI_CODE),
    ],
)
def test_the_invoice_goes_its_way(kind: CustomerKind, route: EinvoiceRoute) -> None:
    assert checked(kind)[0]["einvoice_route"] == route


@pytest.mark.parametrize(
    ("kind", "texts", "problem"),
    [
        (INDIVIDUAL, {"first_name": ""}, ("first_name", FieldCode.REQUIRED)),
        (INDIVIDUAL, {"tax_code": "RSSMRA85M01H501X"}, ("tax_code", FieldCode.CHECK_CHARACTER)),
        (INDIVIDUAL, {"tax_code": NUMBER}, ("tax_code", FieldCode.PROVISIONAL)),
        (FREELANCER, {"vat_number": ""}, ("vat_number", FieldCode.REQUIRED)),
        (FREELANCER, {"vat_number": "01234567890"}, ("vat_number", FieldCode.CHECK_CHARACTER)),
        (FREELANCER, {"einvoice_route": ""}, ("einvoice_route", FormCode.CHOOSE)),
        (FREELANCER, {"einvoice_route": "fax"}, ("einvoice_route", FormCode.CHOOSE)),
        (SOLE_TRADER, {"business_name": ""}, ("business_name", FieldCode.REQUIRED)),
        (SOLE_TRADER, {"last_name": "R2D2"}, ("last_name", FieldCode.CHARACTERS)),
        (COMPANY, {"business_name": "x" * 81}, ("business_name", FieldCode.TOO_LONG)),
        (COMPANY, {"business_name": "Rossi\x00"}, ("business_name", FieldCode.CHARACTERS)),
        (COMPANY, {"vat_number": "IT1234567890"}, ("vat_number", FieldCode.FORMAT)),
        (COMPANY, {"street": "x" * 61}, ("street", FieldCode.TOO_LONG)),
        (COMPANY, {"street_number": "x" * 9}, ("street_number", FieldCode.TOO_LONG)),
        (COMPANY, {"postal_code": "5010"}, ("postal_code", FieldCode.FORMAT)),
        (COMPANY, {"phone": "12345"}, ("phone", FieldCode.FORMAT)),
        (COMPANY, {"phone": ""}, ("phone", FieldCode.REQUIRED)),
        (COMPANY, {"email": f"{'a' * 247}@b.example"}, ("email", FieldCode.TOO_LONG)),
        (COMPANY, {"province": "ZZ"}, ("province", FieldCode.UNKNOWN)),
        (NONPROFIT, {"einvoice_pec": ""}, ("einvoice_pec", FieldCode.REQUIRED)),
        (NONPROFIT, {"vat_number": "01234567890"}, ("vat_number", FieldCode.CHECK_CHARACTER)),
        (PUBLIC_BODY, {"sdi_code": ""}, ("sdi_code", FieldCode.REQUIRED)),
        (PUBLIC_BODY, {"sdi_code": "0000000"}, ("sdi_code", FormCode.MEANS_NONE)),
        (PUBLIC_BODY, {"cig": "123456789À"}, ("cig", FieldCode.FORMAT)),
        (PUBLIC_BODY, {"cig": "12345678901"}, ("cig", FieldCode.FORMAT)),
        (COMPANY, {"tax_code": PERSON}, ("tax_code", FieldCode.FORMAT)),
        (COMPANY, {"sdi_code": ""}, ("sdi_code", FieldCode.REQUIRED)),
        (COMPANY, {"sdi_code": "ABC123"}, ("sdi_code", FieldCode.FORMAT)),
        (COMPANY, {"sdi_code": "ABC12345"}, ("sdi_code", FieldCode.FORMAT)),
        (COMPANY, {"sdi_code": "ABC-234"}, ("sdi_code", FieldCode.FORMAT)),
        (COMPANY, {"sdi_code": "ÀBC1234"}, ("sdi_code", FieldCode.FORMAT)),
        (COMPANY, {"sdi_code": "0000000"}, ("sdi_code", FormCode.MEANS_NONE)),
        (COMPANY, {"email": "a@b\r\nBcc: c@d.it"}, ("email", FieldCode.FORMAT)),
        (COMPANY, {"email": ""}, ("email", FieldCode.REQUIRED)),
        (COMPANY, {"city": "Fi\u202erenze"}, ("city", FieldCode.CHARACTERS)),
        (COMPANY, {"province": ""}, ("province", FieldCode.REQUIRED)),
        (COMPANY, {"country": "XX"}, ("country", FieldCode.UNKNOWN)),
        (NONPROFIT, {"einvoice_pec": "coro"}, ("einvoice_pec", FieldCode.FORMAT)),
        (PUBLIC_BODY, {"sdi_code": "ABC1234"}, ("sdi_code", FieldCode.FORMAT)),
        (PUBLIC_BODY, {"cig": "123456789"}, ("cig", FieldCode.FORMAT)),
        (PUBLIC_BODY, {"cup": "111B21000000001"}, ("cup", FieldCode.FORMAT)),
        (PUBLIC_BODY, {"cup": "J11B2100000000"}, ("cup", FieldCode.FORMAT)),
        (PUBLIC_BODY, {"po_reference": "x" * 21}, ("po_reference", FieldCode.TOO_LONG)),
        (PUBLIC_BODY, {"po_reference": "a\x00b"}, ("po_reference", FieldCode.CHARACTERS)),
    ],
)
def test_one_wrong_field_is_the_one_problem(
    kind: CustomerKind, texts: dict[str, str], problem: tuple[str, str]
) -> None:
    assert checked(kind, **texts)[1] == {problem}


@pytest.mark.parametrize(
    ("kind", "texts", "taken"),
    [
        (FREELANCER, {"first_name": "D’Alò-\u017dižek"}, {"first_name": "D’Alò-Žižek"}),
        (
            SOLE_TRADER,
            {"business_name": "3B & Co. – «L'Unità» 😀"},
            {"business_name": "3B & Co. – «L'Unità» 😀"},
        ),
        (COMPANY, {"sdi_code": " abc 1234\n"}, {"sdi_code": "ABC1234"}),
        (COMPANY, {"sdi_code": "\uff21BC1234"}, {"sdi_code": "ABC1234"}),
        (COMPANY, {"sdi_code": "XXXXXXX"}, {"sdi_code": "XXXXXXX"}),
        (COMPANY, {"sdi_code": "0000001"}, {"sdi_code": "0000001"}),
        (COMPANY, {"einvoice_route": "none", "sdi_code": "?"}, {"sdi_code": "", "einvoice_pec": ""}),
        (NONPROFIT, {"vat_number": ""}, {"vat_number": ""}),
        (NONPROFIT, {"vat_number": "it 0157 3850516"}, {"vat_number": "01573850516"}),
        (PUBLIC_BODY, {"cig": "z1a 234 5678"}, {"cig": "Z1A2345678"}),
        (PUBLIC_BODY, {"cig": "0000000000"}, {"cig": "0000000000"}),
        (PUBLIC_BODY, {"cup": "j11b 2100 0000 001"}, {"cup": "J11B21000000001"}),
        (
            PUBLIC_BODY,
            {"cig": " ", "cup": "\t", "po_reference": "\r\n"},
            {"cig": "", "cup": "", "po_reference": ""},
        ),
        (PUBLIC_BODY, {"po_reference": "Determina n. 12/2026"}, {"po_reference": "Determina n. 12/2026"}),
        (PUBLIC_BODY, {"sdi_code": "000000"}, {"sdi_code": "000000"}),
        (INDIVIDUAL, {"street_number": "12/a", "mobile": "x"}, {"street_number": "12/a"}),
    ],
)
def test_what_people_write_is_brought_to_one_form(
    kind: CustomerKind, texts: dict[str, str], taken: dict[str, str]
) -> None:
    values, problems = checked(kind, **texts)

    assert problems == set()
    assert {name: values[name] for name in taken} == taken


def test_abroad_there_is_no_province_and_the_postal_code_is_free() -> None:
    values, problems = checked(
        COMPANY, country="CH", province="", postal_code="ZH 8001", phone="+41441234567"
    )

    assert problems == set()
    assert (values["province"], values["postal_code"]) == ("", "ZH 8001")


@every_kind
@pytest.mark.parametrize("wanted", [True, False])
def test_public_bodies_alone_pay_the_net(kind: CustomerKind, wanted: bool) -> None:
    assert has_split_payment(kind, wanted) is (wanted and kind is PUBLIC_BODY)


@given(
    kind=st.sampled_from(CustomerKind),
    texts=st.dictionaries(st.sampled_from((*BILLING_TEXTS, "einvoice_route")), st.text(max_size=90)),
)
def test_whatever_is_taken_is_taken_again_unchanged(kind: CustomerKind, texts: dict[str, str]) -> None:
    values, problems = check_billing(kind, PLACE | GOOD[kind] | texts, today=TODAY)

    if not problems:
        assert check_billing(kind, values, today=TODAY) == (values, [])
        assert all(value.isprintable() for value in values.values())


@given(texts=st.dictionaries(st.sampled_from(CONTACT_FIELDS), st.text(max_size=90)))
def test_contacts_too(texts: dict[str, str]) -> None:
    values, problems = check_contacts(INDIVIDUAL, PLACE | texts, today=TODAY)

    if not problems:
        assert check_contacts(INDIVIDUAL, values, today=TODAY) == (values, [])
