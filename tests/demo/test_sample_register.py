"""The demo's data: good on any day, the same all day, with a mailbox in every state."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date, timedelta

import pytest
from stdnum.it import codicefiscale, iva

from portal.demo.register import (
    ACCOUNT,
    BIG_COUNT,
    CONVENTION_MAILBOX,
    PASSWORD,
    SINGLE_MAILBOX,
    register_rows,
    write_register,
)
from portal.domain.lifecycle import MailboxState, is_expiring, state_on
from portal.domain.plans import PLANS, Plan
from portal.domain.space import check_fit
from portal.usecases.imports.csv_file import Row, read_rows
from portal.usecases.imports.register import OPTIONAL, REQUIRED, RegisterRow, register_row

TODAY = date(2026, 11, 24)


def written(today: date, *, big: bool = False) -> bytes:
    file = io.StringIO(newline="")
    write_register(file, today, big=big)
    return file.getvalue().encode()


def sample(today: date = TODAY, *, big: bool = False) -> list[RegisterRow]:
    """Return the register's rows as the import takes them; fails on a bad one."""
    rows = []
    for row in read_rows(io.BytesIO(written(today, big=big)), required=REQUIRED, optional=OPTIONAL):
        assert isinstance(row, Row)
        good = register_row(row, account_domain="aruba.it", today=today)
        assert isinstance(good, RegisterRow), good
        rows.append(good)
    return rows


@pytest.mark.parametrize("today", [TODAY, date(2027, 12, 31), date(2028, 2, 29)])
def test_every_row_is_good_on_any_day(today: date) -> None:
    assert len(sample(today, big=True)) == 51 + BIG_COUNT


def test_the_same_day_gives_the_same_file() -> None:
    assert written(TODAY) == written(TODAY)


def test_there_is_a_mailbox_in_every_state() -> None:
    days = {(row.expires_on - TODAY).days for row in sample() if row.plan is not Plan.DOMAIN}
    states = Counter(
        state_on(TODAY, row.expires_on, PLANS[row.plan].grace_days) for row in sample() if row.account
    )

    assert {512, 60, 30, 12, 3, 0, -1, -45, -89, -90, -91} <= days
    assert set(states) == {MailboxState.ACTIVE, MailboxState.SUSPENDED, MailboxState.CANCELLED}
    assert sum(is_expiring(TODAY, row.expires_on) for row in sample()) > 10
    assert {row.plan for row in sample()} == set(Plan)


def test_some_mailboxes_do_not_fit_a_smaller_plan() -> None:
    blocked = [
        row
        for row in sample()
        if row.plan in (Plan.PRO, Plan.PREMIUM)
        and check_fit(
            plan=Plan.STANDARD,
            extra_mailbox_gb=0,
            extra_archive_gb=0,
            mailbox_used_mb=row.mailbox_used_mb,
            archive_used_mb=row.archive_used_mb,
            archive_deletion_accepted=True,
        )
    ]

    assert len(blocked) > 5


def test_the_three_sign_ins_are_there() -> None:
    by_address = {row.address: row for row in sample()}
    own = [row for row in sample() if row.account == ACCOUNT]

    assert len(own) == 48
    assert len({row.holder["tax_code"] for row in own}) == 11
    assert (by_address[SINGLE_MAILBOX].account, by_address[SINGLE_MAILBOX].expires_on) == (
        "",
        TODAY + timedelta(days=12),
    )
    assert by_address[CONVENTION_MAILBOX].convention == "OMCEO-GE-0015"
    assert {row.password for row in sample()} == {PASSWORD}


def test_the_account_s_own_holder_comes_first() -> None:
    first = next(row for row in sample() if row.account == ACCOUNT)

    assert first.holder["contact_email"] == first.account_email


def test_made_up_codes_pass_an_independent_check() -> None:
    for row in register_rows(TODAY, big=True):
        assert codicefiscale.is_valid(str(row["tax_code"]))
        assert not row["vat_number"] or iva.is_valid(str(row["vat_number"]))


def test_whoever_reads_the_file_sees_that_it_is_made_up() -> None:
    text = written(TODAY).decode()

    assert "dati di prova" in text
    assert all(row["address"].rpartition(".")[2] == "example" for row in register_rows(TODAY))
