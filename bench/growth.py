"""A table that grows tenfold (P05): `python -m bench.growth --rows 1000000`; slow, so only when asked for."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import Engine, select, text

from bench.report import Report
from portal.domain.listing import Listing
from portal.migrate import upgrade
from portal.store.mailbox_list import list_rows
from portal.store.mailboxes import Mailbox
from portal.store.session import make_engine, reading_session
from tests.servers.postgres import PostgresServer

TODAY = date(2026, 11, 24)
OF_THE_ACCOUNT = 1_000
SLICE, SLICE_DAY = 1_000, TODAY + timedelta(days=90)
FACTOR = 10
HOLDER = """
INSERT INTO holder (fingerprint, kind, first_name, last_name, business_name, tax_code, vat_number,
    contact_email, phone, street, street_number, postal_code, city, province, country)
SELECT 'x', 'individual', 'Mario', 'Rossi', '', 'RSSMRA85T10A562S', '', 'mario@posta.example', '',
    'Via Roma', '1', '10100', 'Torino', 'TO', 'IT'
"""
ACCOUNTS = """
INSERT INTO account (username, email, holder_tax_code, language, created_at)
SELECT n || '@aruba.it', n || '@posta.example', '', 'it', now()
FROM generate_series(CAST(:before AS integer) + 1, CAST(:before AS integer) + CAST(:accounts AS integer)) AS n
"""
MAILBOXES = """
INSERT INTO mailbox (address, account_id, holder_id, of_account_holder, plan, expires_on, extra_mailbox_gb,
    extra_archive_gb, mailbox_used_mb, archive_used_mb, auto_renewal, created_at, quota_told, language)
SELECT 'casella.' || n || '@pec.example',
    CAST(:before AS integer) + 1 + n % CAST(:accounts AS integer), 1, true,
    (ARRAY['standard', 'standard', 'pro', 'premium'])[1 + n % 4], date '2026-11-24' + (n % 365)::integer,
    0, 0, n % 1024, 0, false, now(), 0, 'it'
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
"""
BARS = (("a page of an account of 1,000", 1.3), ("1,000 mailboxes of one day", 3.0))


def main() -> None:
    """Fill the table once with `--rows` and once with ten times as many; print the ratios."""
    arguments = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=200)
    asked = arguments.parse_args()
    report = Report()
    postgres = PostgresServer().start()
    try:
        engine = make_engine(postgres.create("growth"))
        upgrade(engine)
        small = _grown(engine, 0, asked.rows, asked.rounds)
        large = _grown(engine, asked.rows, FACTOR * asked.rows, asked.rounds)
        engine.dispose()
    finally:
        postgres.stop()
    report.title(f"{FACTOR * asked.rows:,} rows against {asked.rows:,}")
    for (what, goal), before, after in zip(BARS, small, large, strict=True):
        report.line("", f"{what}: ms at first", before)
        report.line("P05", f"{what}: ratio", after / before, goal)


def _grown(engine: Engine, before: int, after: int, rounds: int) -> tuple[float, float]:
    """Grow the table to `after` rows; return the median milliseconds of a page and of a day's slice."""
    _fill(engine, before, after)
    return _median(lambda: _page(engine), rounds), _median(lambda: _slice(engine), rounds)


def _fill(engine: Engine, before: int, after: int) -> None:
    """Add the rows; each account gets its thousand of the first lot, further accounts the rest."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        if not before:
            connection.execute(text(HOLDER))
        known = before // OF_THE_ACCOUNT
        accounts = {"before": known, "accounts": after // OF_THE_ACCOUNT - known}
        connection.execute(text(ACCOUNTS), accounts)
        connection.execute(text(MAILBOXES), accounts | {"first": before + 1, "last": after})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE mailbox"))


def _page(engine: Engine) -> None:
    with reading_session(engine) as session:
        found = list_rows(session, 7, Listing(), TODAY)
    if len(found) < 50:
        raise RuntimeError(f"a page of {len(found)} rows")


def _slice(engine: Engine) -> None:
    with reading_session(engine) as session:
        found = session.connection().execute(
            select(Mailbox.id, Mailbox.address, Mailbox.expires_on)
            .where(Mailbox.expires_on == SLICE_DAY)
            .order_by(Mailbox.id)
            .limit(SLICE)
        )
        if not found.all():
            raise RuntimeError("nothing expires on that day")


def _median(act: Callable[[], None], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


if __name__ == "__main__":
    main()
