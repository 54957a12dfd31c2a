"""Registers for tests: a good row with any of its values changed, as CSV, and the way through the import."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from portal.usecases.imports.mailboxes import compare_register, hash_passwords, read_register
from portal.usecases.imports.mailboxes_writing import write_register
from portal.usecases.imports.problems import Problem
from portal.usecases.imports.register import OPTIONAL, REQUIRED
from portal.usecases.imports.spool import Spool
from portal.wiring import Services

COLUMNS = (*REQUIRED, *OPTIONAL)
ACCOUNT = "100200@aruba.it"


def good_row(**values: object) -> dict[str, object]:
    """Return a row of a person's mailbox in an account."""
    row = {
        "address": "studio.rossi@pec.example",
        "plan": "standard",
        "expires_on": "2026-12-06",
        "account": ACCOUNT,
        "account_email": "ufficio@posta.example",
        "holder_kind": "freelancer",
        "first_name": "Mario",
        "last_name": "Rossi",
        "tax_code": "RSSMRA85T10A562S",
        "vat_number": "12345678903",
        "contact_email": "mario.rossi@posta.example",
        "phone": "055 123456",
        "street": "Via Roma",
        "street_number": "1",
        "postal_code": "10100",
        "city": "Torino",
        "province": "TO",
        "country": "IT",
        "extra_mailbox_gb": 0,
        "extra_archive_gb": 0,
        "mailbox_used_mb": 430,
        "archive_used_mb": 0,
        "auto_renewal": "no",
        "convention": "",
        "password": "",
    }
    return row | values


def as_csv(
    rows: Iterable[Mapping[str, object]], *, columns: Iterable[str] = COLUMNS, **dialect: Any
) -> bytes:
    """Return the rows as a spreadsheet would save them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), restval="", extrasaction="ignore", **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def bring_in(
    services: Services,
    content: bytes,
    *,
    skip_bad: bool = False,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Problem]:
    """Import a register as the terminal does; return its problems, with which nothing is written.

    `meanwhile` happens after the comparison and before the first write.
    """
    with Spool() as spool:
        domain = services.settings.brand.account_domain
        read_register(io.BytesIO(content), spool, account_domain=domain, today=services.today())
        with services.reading() as session:
            compare_register(session, spool, progress=_ignore)
        if skip_bad or not spool.count_bad():
            meanwhile()
            hash_passwords(spool, services.hasher, progress=_ignore)
            with services.transaction() as session:
                write_register(session, spool, now=services.now(), skip_bad=skip_bad, progress=_ignore)
        return list(spool.problems())


def _ignore(_rows: int) -> None:
    return None
