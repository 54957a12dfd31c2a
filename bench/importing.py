"""The register of 100,000 mailboxes: time, and memory against that of 2,000. `python -m bench.importing`."""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from bench.report import Report
from bench.site import scratch_sqlite
from portal.demo.register import COLUMNS, large_register
from portal.migrate import upgrade
from tests.databases import with_engine
from tests.servers.postgres import PostgresServer

ROWS, FEW_ROWS = 100_000, 2_000
FIRST_DAY, NEXT_DAY = date(2026, 11, 24), date(2026, 11, 25)
"""A register written a day later has every expiry changed."""
IMPORT = """
import re, sys
from portal.cli import main
try:
    main()
finally:
    print(re.search("VmHWM:[^0-9]+([0-9]+)", open("/proc/self/status").read())[1], file=sys.stderr)
"""
"""The command, and at its end its peak memory in KB: the one of getrusage counts this process too."""


def main() -> None:
    """Print every figure on both databases."""
    report = Report()
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    postgres = PostgresServer().start()
    try:
        for name, url in {"sqlite": scratch_sqlite(), "postgresql": postgres.create("imports")}.items():
            with_engine(url, upgrade)
            report.title(f"Import on {name}")
            measure(report, url, folder)
    finally:
        postgres.stop()


def measure(report: Report, url: str, folder: Path) -> None:
    """Import few rows, then many: new, again, and every one changed."""
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_DATABASE_URL": url,
        "PORTAL_DATA": str(folder),
        "PORTAL_SECRET_KEY": "a secret key for the measurements, nothing else",
        "PORTAL_BANK_IBAN": "IT60X0542811101000000123456",
    }
    _, least = run(environment, write(folder, FEW_ROWS, FIRST_DAY))
    for what, day in (("new", FIRST_DAY), ("the same again", FIRST_DAY), ("all changed", NEXT_DAY)):
        seconds, most = run(environment, write(folder, ROWS, day))
        report.line("", f"{ROWS} rows, {what}: seconds of processor", seconds)
        report.line("", f"{ROWS} rows, {what}: peak memory, MB", most)
        report.line("", f"{ROWS} rows, {what}: peak memory, ratio to {FEW_ROWS} rows", most / least, 1.2)


def write(folder: Path, rows: int, day: date) -> Path:
    """Write a register without passwords."""
    path = folder / "register.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(large_register(day, rows))
    return path


def run(environment: Mapping[str, str], register: Path) -> tuple[float, float]:
    """Import as a process; return its seconds of processor and its peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, "import", "mailboxes", str(register)],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, int(done.stderr.split()[-1]) / 1024


if __name__ == "__main__":
    main()
