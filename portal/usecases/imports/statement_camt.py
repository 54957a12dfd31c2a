"""Reads statements in camt.053 (ISO 20022), of whatever version, into movements of the account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from lxml import etree

from portal.domain.statements import Entry, OurAccounts
from portal.usecases.imports.problems import FileRefused, Problem, Reason
from portal.usecases.imports.values import FIRST_DAY, LAST_DAY

Element: TypeAlias = etree._Element

LONGEST_TEXT = 1_000
_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,13})(?:\.(?P<part>[0-9]{1,2})0*)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NO_REFERENCE = re.compile(r"(?:NOTPROVIDED|NOT PROVIDED|NONREF|NOREF|[0 -]*)", re.IGNORECASE)
_DIRECTIONS = {"CRDT": True, "DBIT": False}
_PARTS_OF_NAMES = (
    "RltdPties/Dbtr/Pty/Nm",
    "RltdPties/Dbtr/Nm",
    "RltdPties/UltmtDbtr/Pty/Nm",
    "RltdPties/UltmtDbtr/Nm",
)
_REFERENCES = ("EndToEndId", "TxId", "InstrId", "UETR", "ClrSysRef", "MndtId", "ChqNb")
_TEXTS = (
    "RmtInf/Ustrd",
    "RmtInf/Strd/CdtrRefInf/Ref",
    "RmtInf/Strd/AddtlRmtInf",
    "AddtlTxInf",
)


class _Unreadable(Exception):
    """A movement lacks what it cannot be without, or has it in a form that no bank writes."""


@dataclass(frozen=True, slots=True)
class StatementRead:
    """The movements of a file, and how many it announces that are not booked yet."""

    entries: Sequence[Entry]
    pending: int = 0


def read_camt(data: bytes, ours: OurAccounts) -> StatementRead:
    """Return every booked movement of our accounts in the file.

    Entities, DTDs and the network are off. Raises FileRefused: not XML, no camt.053, another's account, or a
    movement that cannot be read; then nothing of the file is taken. Source: lessons.md L10.
    """
    root = _parsed(data)
    statements = [found for holder in root.iter("BkToCstmrStmt") for found in holder.iter("Stmt")]
    if not statements:
        raise _refused(Reason.NOT_CAMT)
    accounts = [(statement, _account(statement, ours)) for statement in statements]
    announced = [(entry, account) for statement, account in accounts for entry in statement.iterfind("Ntry")]
    booked = [(entry, account) for entry, account in announced if _is_booked(entry)]
    return StatementRead(_read_all(booked), len(announced) - len(booked))


def _read_all(booked: Sequence[tuple[Element, str]]) -> list[Entry]:
    entries: list[Entry] = []
    problems: list[Problem] = []
    for element, account in booked:
        try:
            entries += _movements(element, account)
        except _Unreadable as failure:
            line = int(str(element.sourceline))
            problems.append(Problem(line, "Ntry", Reason.MOVEMENT_UNREADABLE, {"part": str(failure)}))
    if problems:
        raise FileRefused(problems)
    return entries


def _parsed(data: bytes) -> Element:
    """Return the root with local names for tags: only the version differs from one namespace to another."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as failure:
        raise _refused(Reason.NOT_XML) from failure
    if etree.ElementTree(root).docinfo.internalDTD is not None:
        raise _refused(Reason.HAS_DOCTYPE)
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    return root


def _account(statement: Element, ours: OurAccounts) -> str:
    found = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
    account = ours.known(found)
    if account is None:
        raise _refused(Reason.FOREIGN_ACCOUNT, found=found)
    return account


def _is_booked(entry: Element) -> bool:
    return (_text(entry, "Sts/Cd") or _text(entry, "Sts") or "BOOK") == "BOOK"


def _movements(entry: Element, account: str) -> Iterator[Entry]:
    """Yield the payments of one entry: its parts where the bank says them all, else the entry itself."""
    details = entry.findall("NtryDtls/TxDtls")
    whole = _whole(entry, account)
    parts = [_part(whole, detail) for detail in details] if len(details) > 1 else []
    if parts and all(part is not None for part in parts):
        said = [part for part in parts if part is not None]
        if sum(part.amount_cents for part in said) == whole.amount_cents:
            yield from said
            return
    merged = _merged(whole, details)
    announced = _text(entry, "NtryDtls/Btch/NbOfTxs")
    is_batch = len(details) > 1 or (announced.isdecimal() and len(announced) < 9 and int(announced) > 1)
    yield replace(merged, is_unclear_batch=is_batch)


def _whole(entry: Element, account: str) -> Entry:
    amount, currency = _amount(entry.find("Amt"))
    booked = _day(entry, "BookgDt") or _day(entry, "ValDt")
    if booked is None:
        raise _Unreadable("BookgDt")
    return Entry(
        account=account,
        booked_on=booked,
        value_on=_day(entry, "ValDt") or booked,
        amount_cents=amount,
        currency=currency,
        is_credit=_direction(entry),
        text=_joined([_text(entry, "AddtlNtryInf")]),
        bank_reference=_reference(_text(entry, "AcctSvcrRef")),
        is_reversal=_text(entry, "RvslInd") in ("true", "1"),
    )


def _part(whole: Entry, detail: Element) -> Entry | None:
    """Return one payment of a batch, or None where the bank does not say its amount in the same terms."""
    element = detail.find("Amt")
    element = detail.find("AmtDtls/TxAmt/Amt") if element is None else element
    if element is None:
        return None
    amount, currency = _amount(element)
    if currency != whole.currency or (
        detail.find("CdtDbtInd") is not None and _direction(detail) != whole.is_credit
    ):
        return None
    return _merged(replace(whole, amount_cents=amount), [detail])


def _merged(whole: Entry, details: Sequence[Element]) -> Entry:
    """Return the movement with what its details say of payer, purpose and references."""
    texts = [text for detail in details for path in _TEXTS for text in _texts(detail, path)]
    texts += [_reference(_text(detail, "Refs/EndToEndId")) for detail in details]
    own = [_text(detail, "Refs/AcctSvcrRef") for detail in details] if len(details) == 1 else []
    named = [_text(detail, f"Refs/{name}") for detail in details for name in _REFERENCES]
    payers = [_text(detail, path) for detail in details for path in _PARTS_OF_NAMES]
    return replace(
        whole,
        text=_joined([*texts, whole.text]),
        payer=_joined(payers[:4])[:140] if len(details) == 1 else "",
        bank_reference=_reference("".join(own)) or whole.bank_reference,
        references=[found for text in dict.fromkeys(named) if (found := _reference(text))],
        is_reversal=whole.is_reversal or any(detail.find("RtrInf") is not None for detail in details),
    )


def _amount(element: Element | None) -> tuple[int, str]:
    """Return hundredths and currency."""
    match = _AMOUNT.fullmatch((element.text or "").strip()) if element is not None else None
    currency = element.get("Ccy", "") if element is not None else ""
    if match is None or not _CURRENCY.fullmatch(currency):
        raise _Unreadable("Amt")
    return int(match["whole"]) * 100 + int((match["part"] or "").ljust(2, "0")), currency


def _direction(element: Element) -> bool:
    try:
        return _DIRECTIONS[_text(element, "CdtDbtInd")]
    except KeyError:
        raise _Unreadable("CdtDbtInd") from None


def _day(entry: Element, name: str) -> date | None:
    text = _text(entry, f"{name}/Dt") or _text(entry, f"{name}/DtTm")[:10]
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise _Unreadable(name) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _Unreadable(name)
    return day


def _reference(text: str) -> str:
    """Return an identifier that identifies, or empty for what banks write when they have none."""
    return "" if _NO_REFERENCE.fullmatch(text) else text[:70]


def _text(element: Element, path: str) -> str:
    return next(iter(_texts(element, path)), "")


def _texts(element: Element, path: str) -> list[str]:
    return [words for found in element.iterfind(path) if (words := _joined([found.text or ""]))]


def _joined(texts: Sequence[str]) -> str:
    """Return the texts on one line, each once, without anything that does not print."""
    words = " ".join(dict.fromkeys(filter(None, texts)))
    visible = "".join(letter if letter.isprintable() else " " for letter in words)
    return " ".join(visible.split())[:LONGEST_TEXT]


def _refused(reason: Reason, **values: object) -> FileRefused:
    return FileRefused([Problem(0, "", reason, values)])
