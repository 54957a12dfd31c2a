"""The local mail platform: an order's key makes its repetition harmless."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from portal.adapters.outside import CalledInsideTransaction
from portal.adapters.platform.local import LocalPlatform
from portal.domain.plans import Plan
from portal.ports import MailboxOrder, Rejected, Unavailable
from portal.wiring import Services

ORDER = MailboxOrder("renew:1", "studio@pec.example", Plan.PRO, 1, 0, date(2027, 12, 24))


def applied(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM applied ORDER BY key").fetchall()
    connection.close()
    return rows


def test_an_order_is_applied_once_however_often_it_comes(tmp_path: Path) -> None:
    platform = LocalPlatform(tmp_path / "platform.db")

    for _ in range(3):
        platform.apply(ORDER)

    assert applied(tmp_path / "platform.db") == [("renew:1", "studio@pec.example", "pro", 1, 0, "2027-12-24")]


def test_a_key_cannot_be_used_for_something_else(tmp_path: Path) -> None:
    platform = LocalPlatform(tmp_path / "platform.db")
    platform.apply(ORDER)

    with pytest.raises(Rejected, match="renew:1"):
        platform.apply(replace(ORDER, expires_on=date(2028, 12, 24)))


def test_a_platform_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "platform.db").mkdir()

    with pytest.raises(Unavailable):
        LocalPlatform(tmp_path / "platform.db").apply(ORDER)


def test_the_platform_is_not_asked_inside_a_transaction(tmp_path: Path, services: Services) -> None:
    with services.transaction(), pytest.raises(CalledInsideTransaction):
        LocalPlatform(tmp_path / "platform.db").apply(ORDER)
