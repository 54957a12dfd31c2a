"""Statements as banks give them: what is read of each version, what is refused, and never a traceback."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.statements import Entry, OurAccounts
from portal.usecases.imports.problems import FileRefused, Reason, RowsRefused
from portal.usecases.imports.statements import read_statement

IBAN, POSTAL = "IT60X0542811101000000123456", "000012345678"
OURS = OurAccounts(IBAN, POSTAL)
VERSIONS = ("02", "04", "06", "08", "12")


def camt(
    *entries: str, account: str = f"<IBAN>{IBAN}</IBAN>", version: str = "08", prolog: str = ""
) -> bytes:
    body = "".join(entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id>{account}</Id></Acct>{body}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def ntry(details: str = "", **parts: str) -> str:
    """Return one booked credit of 6.10 euros, each part of which can be given otherwise."""
    said = {
        "amount": '<Amt Ccy="EUR">6.10</Amt>',
        "direction": "<CdtDbtInd>CRDT</CdtDbtInd>",
        "reversal": "",
        "status": "<Sts><Cd>BOOK</Cd></Sts>",
        "booked": "<BookgDt><Dt>2026-11-24</Dt></BookgDt>",
        "value": "<ValDt><Dt>2026-11-25</Dt></ValDt>",
        "reference": "<AcctSvcrRef>REF1</AcctSvcrRef>",
        "batch": "",
        "more": "<AddtlNtryInf>BONIFICO A VOSTRO FAVORE</AddtlNtryInf>",
    } | parts
    inside = f"<NtryDtls>{said.pop('batch')}{details}</NtryDtls>"
    more = said.pop("more")
    return f"<Ntry>{''.join(said.values())}{inside}{more}</Ntry>"


def detail(text: str = "K7MP2XQ9AB", amount: str = "", reference: str = "", name: str = "ROSSI MARIO") -> str:
    own = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    sums = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>' if amount else ""
    return (
        f"<TxDtls><Refs>{own}<EndToEndId>NOTPROVIDED</EndToEndId><TxId>CRO0306912345</TxId></Refs>{sums}"
        f"<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )


def entries(data: bytes) -> list[Entry]:
    return [line.entry for line in read_statement(data, OURS).lines]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_the_message_is_read(version: str) -> None:
    status = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"

    (read,) = entries(camt(ntry(detail(), status=status), version=version))

    assert read == Entry(
        account=IBAN,
        booked_on=date(2026, 11, 24),
        value_on=date(2026, 11, 25),
        amount_cents=610,
        currency="EUR",
        is_credit=True,
        text="K7MP2XQ9AB BONIFICO A VOSTRO FAVORE",
        payer="ROSSI MARIO",
        bank_reference="REF1",
        references=["CRO0306912345"],
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"direction": "<CdtDbtInd>DBIT</CdtDbtInd>"}, {"is_credit": False}),
        ({"reversal": "<RvslInd>true</RvslInd>"}, {"is_reversal": True}),
        ({"amount": '<Amt Ccy="USD">6.10</Amt>'}, {"currency": "USD"}),
        ({"amount": '<Amt Ccy="EUR">6</Amt>'}, {"amount_cents": 600}),
        ({"amount": '<Amt Ccy="EUR">6.1</Amt>'}, {"amount_cents": 610}),
        ({"amount": '<Amt Ccy="EUR">6.10000</Amt>'}, {"amount_cents": 610}),
        ({"value": ""}, {"value_on": date(2026, 11, 24)}),
        ({"booked": ""}, {"booked_on": date(2026, 11, 25)}),
        ({"booked": "<BookgDt><DtTm>2026-11-24T23:59:00+01:00</DtTm></BookgDt>"}, {}),
        ({"reference": ""}, {"bank_reference": ""}),
        ({"reference": "<AcctSvcrRef>NOTPROVIDED</AcctSvcrRef>"}, {"bank_reference": ""}),
        ({"reference": "<AcctSvcrRef>0000000</AcctSvcrRef>"}, {"bank_reference": ""}),
        ({"status": ""}, {}),
        ({"more": "<AddtlNtryInf>a\n  b\u202e\t</AddtlNtryInf>"}, {"text": "K7MP2XQ9AB a b"}),
        ({"batch": "<Btch><NbOfTxs>3</NbOfTxs></Btch>"}, {"is_unclear_batch": True}),
        ({"batch": "<Btch><NbOfTxs>1</NbOfTxs></Btch>"}, {}),
    ],
)
def test_what_an_entry_says(parts: dict[str, str], expected: dict[str, Any]) -> None:
    usual = {
        "is_credit": True,
        "is_reversal": False,
        "currency": "EUR",
        "amount_cents": 610,
        "booked_on": date(2026, 11, 24),
        "bank_reference": "REF1",
        "is_unclear_batch": False,
    }

    (read,) = entries(camt(ntry(detail(), **parts)))

    assert {name: getattr(read, name) for name in usual | expected} == usual | expected


def test_a_returned_payment_is_a_reversal() -> None:
    returned = detail().replace("</TxDtls>", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>")

    assert entries(camt(ntry(returned)))[0].is_reversal


def test_what_is_not_booked_is_left_out_and_counted() -> None:
    pending = ntry(detail(), status="<Sts><Cd>PDNG</Cd></Sts>")

    read = read_statement(camt(pending, ntry(detail()), ntry(detail(), status="<Sts>INFO</Sts>")), OURS)

    assert (len(read.lines), read.pending) == (1, 2)


def test_a_batch_whose_parts_are_said_is_read_by_parts() -> None:
    parts = detail("PRIMO", "2.00", name="A") + detail("SECONDO", "4.10", "REF2", name="B")

    read = entries(camt(ntry(parts, batch="<Btch><NbOfTxs>2</NbOfTxs></Btch>")))

    assert [(each.amount_cents, each.payer, each.bank_reference, each.is_unclear_batch) for each in read] == [
        (200, "A", "REF1", False),
        (410, "B", "REF2", False),
    ]


def test_parts_of_equal_amount_are_two_movements() -> None:
    parts = detail("PRIMO", "3.05") + detail("SECONDO", "3.05")

    lines = read_statement(camt(ntry(parts)), OURS).lines

    assert len({line.identity for line in lines}) == 2


@pytest.mark.parametrize(
    "parts",
    [
        detail("PRIMO", "2.00") + detail("SECONDO", "4.11"),  # do not add up
        detail("PRIMO", "2.00") + detail("SECONDO"),  # one is not said
        detail("PRIMO", "2.00") + detail("SECONDO", "4.10").replace('"EUR"', '"USD"'),
    ],
)
def test_a_batch_that_does_not_add_up_is_one_movement_to_look_at(parts: str) -> None:
    (read,) = entries(camt(ntry(parts)))

    assert (read.amount_cents, read.is_unclear_batch) == (610, True)
    assert "PRIMO SECONDO" in read.text


@pytest.mark.parametrize(
    ("account", "known"),
    [
        (f"<IBAN>{IBAN}</IBAN>", IBAN),
        ("<IBAN>IT76 R076 0111 1010 0001 2345 678</IBAN>", POSTAL),
        ("<Othr><Id>12345678</Id></Othr>", POSTAL),
        ("<Othr><Id>000012345678</Id></Othr>", POSTAL),
    ],
)
def test_our_accounts_are_known_in_every_form(account: str, known: str) -> None:
    assert entries(camt(ntry(detail()), account=account))[0].account == known


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<", Reason.NOT_XML),
        (b"<a><b></a>", Reason.NOT_XML),
        (b"<?xml version='1.0' encoding='nope'?><a/>", Reason.NOT_XML),
        (b"<a>" * 100_000, Reason.NOT_XML),
        (b"<html><body/></html>", Reason.NOT_CAMT),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'/>", Reason.NOT_CAMT),
        (camt(), Reason.FOREIGN_ACCOUNT),
        (camt(ntry(), account="<IBAN>DE89370400440532013000</IBAN>"), Reason.FOREIGN_ACCOUNT),
        (camt(ntry(), account=""), Reason.FOREIGN_ACCOUNT),
        (camt(ntry(), prolog=LAUGHS), Reason.HAS_DOCTYPE),
        (camt(ntry(detail("&a;")), prolog=OUTSIDE), Reason.HAS_DOCTYPE),
        (camt(ntry(amount="")), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(amount="<Amt>6.10</Amt>")), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(amount='<Amt Ccy="EUR">6,10</Amt>')), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(amount='<Amt Ccy="EUR">6.101</Amt>')), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(amount='<Amt Ccy="EUR">-6.10</Amt>')), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(amount='<Amt Ccy="EUR">1e9</Amt>')), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(direction="")), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(booked="", value="")), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(booked="<BookgDt><Dt>2026-13-24</Dt></BookgDt>")), Reason.MOVEMENT_UNREADABLE),
        (camt(ntry(booked="<BookgDt><Dt>0001-01-01</Dt></BookgDt>")), Reason.MOVEMENT_UNREADABLE),
        (b"", Reason.EMPTY_FILE),
        (b"a;b\n1;2\n", Reason.UNKNOWN_COLUMN),
        (b"PK\x03\x04", Reason.SPREADSHEET),
    ],
)
def test_what_is_no_statement_of_ours_is_refused_whole(data: bytes, reason: Reason) -> None:
    if reason is Reason.FOREIGN_ACCOUNT and b"Ntry" not in data:
        data = camt(account="<IBAN>X</IBAN>")

    with pytest.raises(FileRefused) as refused:
        read_statement(data, OURS)

    assert reason in {problem.reason for problem in refused.value.problems}


def test_no_entity_reaches_the_text() -> None:
    (read,) = entries(camt(ntry(detail("A &amp; B &#75;7MP2XQ9AB"))))

    assert read.text.startswith("A & B K7MP2XQ9AB")


TABLE = "booked_on;amount;text;payer;reference;value_on;account\n"


def test_a_table_is_read() -> None:
    rows = (
        "2026-11-24;6,10;K7MP2XQ9AB;ROSSI;R1;2026-11-25;\n"
        "2026-11-24;-1.50;SPESE;;;;\n"
        "2026-11-24;+7;BOLLETTINO;;;;12345678\n"
    )

    read = entries((TABLE + rows).encode())

    assert [
        (each.amount_cents, each.is_credit, each.account, each.bank_reference, each.value_on.day)
        for each in read
    ] == [(610, True, IBAN, "R1", 25), (150, False, IBAN, "", 24), (700, True, POSTAL, "", 24)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("24/11/2026;6,10;a;;;;", Reason.ITALIAN_DAY),
        (";6,10;a;;;;", Reason.REQUIRED),
        ("2026-11-24;sei;a;;;;", Reason.NOT_AN_AMOUNT),
        ("2026-11-24;1.234;a;;;;", Reason.NOT_AN_AMOUNT),
        ("2026-11-24;6,10;a;;;;DE1", Reason.FOREIGN_ACCOUNT),
        ("2026-11-24;6,10;a\x00;;;;", Reason.NOT_PRINTABLE),
    ],
)
def test_a_row_that_cannot_be_read(row: str, reason: Reason) -> None:
    with pytest.raises(RowsRefused) as refused:
        read_statement((TABLE + row + "\n").encode(), OURS)

    assert [problem.reason for problem in refused.value.problems] == [reason]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda junk: b"<" + junk)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(data)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_statement_is_read_or_refused(data: st.DataObject) -> None:
    whole = camt(ntry(detail() + detail("ALTRO", "3.00")), ntry(detail()))
    start = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.binary(max_size=12))

    read_or_refuse(whole[:start] + junk + whole[start + len(junk) :])
    read_or_refuse(whole[:start])


def read_or_refuse(data: bytes) -> None:
    try:
        read_statement(data, OURS)
    except (FileRefused, RowsRefused):
        return
