"""A table that grows tenfold (P05): `python -m bench.growth --rows 1000000`; slow, so only when asked for."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, Insert, func, insert, literal, literal_column, select, text
from sqlalchemy.orm import Session

from bench.report import Report
from portal.domain.listing import Listing
from portal.migrate import upgrade
from portal.store.accounts import Account
from portal.store.mailbox_list import list_rows
from portal.store.mailboxes import Mailbox
from portal.store.session import make_engine, reading_session
from tests.factories import NOW, TODAY, make_holder
from tests.servers.postgres import PostgresServer

OF_THE_ACCOUNT = 1_000
SLICE, SLICE_DAY = 1_000, TODAY + timedelta(days=90)
FACTOR = 10
PLANS = "(ARRAY['standard', 'standard', 'pro', 'premium'])[1 + n % 4]"
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
    """Grow the table to `after` rows; return the milliseconds of a page and of a day's slice."""
    _fill(engine, before, after)
    return _undisturbed(lambda: _page(engine), rounds), _undisturbed(lambda: _slice(engine), rounds)


def _fill(engine: Engine, before: int, after: int) -> None:
    """Add the rows in a thousand mailboxes for each new account; whatever else a row has is its default."""
    with Session(engine) as session, session.begin():
        session.execute(text("SET LOCAL statement_timeout = 0"))
        holder, known = make_holder(session), before // OF_THE_ACCOUNT
        accounts = after // OF_THE_ACCOUNT - known
        session.execute(
            insert(Account),
            [
                {
                    "username": f"{known + n}@aruba.it",
                    "email": f"{known + n}@posta.example",
                    "created_at": NOW,
                }
                for n in range(1, accounts + 1)
            ],
        )
        session.execute(_mailboxes(holder.id, known, accounts, before + 1, after))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE mailbox"))


def _mailboxes(holder_id: int, known: int, accounts: int, first: int, last: int) -> Insert:
    n = func.generate_series(first, last).table_valued("n").render_derived().c.n
    values = {
        "address": func.concat("casella.", n, "@pec.example"),
        "account_id": known + 1 + n % accounts,
        "holder_id": literal(holder_id),
        "plan": literal_column(PLANS),
        "expires_on": literal(TODAY) + n % 365,
        "mailbox_used_mb": n % 1024,
        "created_at": literal(NOW),
    }
    return insert(Mailbox).from_select(list(values), select(*values.values()))


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


def _undisturbed(act: Callable[[], None], rounds: int) -> float:
    """Return the first decile: the two sizes are measured minutes apart, on a machine others may use."""
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.quantiles(spent, n=10)[0]


if __name__ == "__main__":
    main()
