"""`make bench`: the bars of hardening.md 4.2 on both databases."""

from __future__ import annotations

import argparse
import os
from contextlib import redirect_stderr
from pathlib import Path

from bench import days, listing, ordering, serving
from bench.report import Report
from bench.site import build_site, scratch_sqlite
from tests.servers.postgres import PostgresServer
from tests.servers.smtp import SmtpSink


def main() -> None:
    """Print every figure; a missed goal is said and does not fail."""
    arguments = argparse.ArgumentParser(prog="bench", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--only", choices=["sqlite", "postgresql"])
    arguments.add_argument("--rows", type=int, default=20_000, help="mailboxes of the clock's days")
    asked = arguments.parse_args()
    report = Report()
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):  # log lines cost their time, unread
        _measure(report, asked)
    print(f"\n{report.missed} goals missed of {sum(1 for line in report.lines if line[3] is not None)}")


def _measure(report: Report, asked: argparse.Namespace) -> None:
    postgres, sink = PostgresServer().start(), SmtpSink().start()
    try:
        urls = {"postgresql": postgres.create("bench"), "sqlite": scratch_sqlite()}
        of_days = {"postgresql": postgres.create("days"), "sqlite": scratch_sqlite()}
        for name, url in urls.items():
            if asked.only in (None, name):
                site = build_site(url)
                report.title(f"On {name}")
                listing.measure(site, report, asked.rounds)
                ordering.measure(site, report, asked.rounds)
                serving.measure(site, report, asked.rounds)
                site.services.engine.dispose()
                days.measure_days(of_days[name], sink, report, asked.rows, asked.rounds)
    finally:
        postgres.stop()
        sink.stop()


if __name__ == "__main__":
    main()
