"""Customers that a story brings along, imported into its demo as an operator imports a register."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.steps import due_of_order
from portal.demo.holders import Holder
from tests.servers.portal import DemoPortal

PASSWORD = "una lunga frase di prova"


@dataclass(frozen=True)
class Customer:
    """A mailbox that signs in for itself."""

    address: str
    expires_on: date


def new_customer(demo: DemoPortal, folder: Path, holder: Holder, days: int = 40, **columns: str) -> Customer:
    """Import one mailbox of this holder that expires in `days` days; each test has one of its own."""
    name = folder.name.lower().replace("_", ".").strip(".0123456789") + folder.name[-1]
    customer = Customer(f"{name}@pec.example", demo.today() + timedelta(days=days))
    row = {"address": customer.address, "expires_on": str(customer.expires_on), "password": PASSWORD}
    import_register(demo, folder, [{"plan": "standard", **holder.columns(), **row, **columns}])
    return customer


def new_account(folder: Path) -> str:
    """Return the name of an account that is this test's own."""
    return f"10077{folder.name[-1]}@aruba.it"


def import_register(demo: DemoPortal, folder: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write the rows to a CSV file and import it."""
    listed = list(rows)
    path = folder / "registro.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), restval="")
        writer.writeheader()
        writer.writerows(listed)
    demo.operator("import", "mailboxes", str(path))


def pay_in_full(demo: DemoPortal, page: Page, number: str) -> None:
    """Register the transfer as the operator does, and wait until the order's page says it is done."""
    due = due_of_order(page)
    amount = f"{due // 100}.{due % 100:02}"
    by = ("--method", "bank_transfer", "--reference", f"TRN {number}")
    demo.operator("payments", "register", number, "--amount", amount, "--on", str(demo.today()), *by)
    until_it_says(page, "Rinnovo completato")


def until_it_says(page: Page, words: str) -> None:
    """Look at the page again until a heading says this."""
    said = page.get_by_role("heading", name=words)
    for _ in range(80):
        if said.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(said).to_be_visible()
