"""The clock and the mails: the due scan (P09), suspending in sets (P10), mails in batches (P11), a million.

`python -m bench.days --mailboxes 1000000 --only postgresql` plans a million mailboxes in one tick.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, text

from bench.measure import interleaved, once
from bench.report import Report
from bench.site import scratch_sqlite, settle
from portal.migrate import upgrade
from portal.settings import read_settings
from portal.store import outbox
from portal.store.lifecycle_steps import LifecycleStep
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.outbox import OutboxRow
from portal.usecases import lifecycle, notice_planning
from portal.usecases.mail_rows import NewMail, write_mails
from portal.wiring import Services, build_services
from tests.factories import fill_account, make_account
from tests.servers.postgres import PostgresServer
from tests.servers.smtp import SmtpSink
from workers.clock import Job, do_job
from workers.job import run
from workers.mail import MailWork

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MAILS = 500
ROUNDS_OF_MAILS = 3
SUSPEND = Job("suspend", "0 * * * *", lifecycle.plan_suspensions)
NOTICES = Job("notices", "0 * * * *", notice_planning.plan_notices)
CONTEXT = {
    "name": "Mario Rossi",
    "number": "K7Q2M9XRTA",
    "lines": [],
    "line_count": 0,
    "placed_on": "2026-11-24",
}
BARE_ROWS = text(
    "INSERT INTO outbox"
    " (kind, key, payload, state, not_before, attempts, last_error, request_id, created_at)"
    " SELECT 'platform.suspend', 'platform.suspend:' || id, '{}', 'waiting', :now, 0, '', '', :now"
    " FROM mailbox WHERE expires_on < :today AND expires_on >= :oldest"
)
BARE_STEPS = text(
    "INSERT INTO lifecycle_step (mailbox_id, expires_on, step, planned_at)"
    " SELECT id, expires_on, 'suspend', :now"
    " FROM mailbox WHERE expires_on < :today AND expires_on >= :oldest"
)


def measure_days(url: str, sink: SmtpSink, report: Report, mailboxes: int, rounds: int) -> None:
    """Measure all that a day brings on an empty database."""
    services = _services(url, sink)
    measure_mails(services, report)
    measure(services, report, mailboxes, rounds)
    services.engine.dispose()


def measure(services: Services, report: Report, mailboxes: int, rounds: int) -> None:
    """Fill the database and measure all that a tick does with it."""
    with services.transaction() as session:
        account = make_account(session)
        first = services.today() - timedelta(days=180)
        fill_account(session, account, mailboxes, first_expiry=first, spread_days=360, created_at=LONG_AGO)
    settle(services.engine)
    _scan(services, report, rounds)
    _suspend(services, report, mailboxes)
    _million(services, report, mailboxes)


def measure_mails(services: Services, report: Report) -> None:
    """Send some hundred mails in batches, one by one, without any record: the best of three rounds."""
    rounds = [
        (_sending(services, 50, place), _sending(services, 1, place), _bare(services))
        for place in range(ROUNDS_OF_MAILS)
    ]
    fifty, single, bare = (min(times) for times in zip(*rounds, strict=True))
    report.line(
        "P11", f"{MAILS} mails with claim and mark / the same loop without a database", fifty / bare, 1 / 0.75
    )
    report.line("P11", "a batch of fifty / one mail a job", fifty / single, 1 / 3)


def _scan(services: Services, report: Report, rounds: int) -> None:
    """Read a month of due mailboxes by the portal's way and by the driver's own."""
    until = services.today() + timedelta(days=90)
    query = (
        select(Mailbox.id, Mailbox.account_id, Mailbox.address, Mailbox.expires_on)
        .where(Mailbox.expires_on > until - timedelta(days=30), Mailbox.expires_on <= until)
        .order_by(Mailbox.expires_on, Mailbox.id)
    )
    compiled = query.compile(services.engine, compile_kwargs={"literal_binds": True})

    def portal() -> int:
        with services.reading() as session:
            return len(session.execute(query).all())

    def driver() -> int:
        with services.engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(str(compiled))
            return len(cursor.fetchall())

    times = interleaved({"portal": portal, "driver": driver}, max(rounds // 20, 5))
    ratio = times["portal"].wall_median / times["driver"].wall_median
    report.line("P09", f"{portal()} due mailboxes read: wall / the driver's own", ratio, 1 / 0.8)


def _suspend(services: Services, report: Report, mailboxes: int) -> None:
    """Suspend what is due in pieces, and by plain statements that write the same rows and ask nothing."""
    today = services.today()
    values = {"now": services.now(), "today": today, "oldest": today - timedelta(days=90)}

    def bare() -> None:
        with services.transaction() as session:
            session.execute(BARE_ROWS, values)
            session.execute(BARE_STEPS, values)

    bare_ms, _ = once(bare)
    _forget(services)
    planned_ms, count = once(lambda: do_job(services, SUSPEND, today))
    again_ms, none = once(lambda: do_job(services, SUSPEND, today))
    report.line("P10", f"{count} suspensions planned / two bare statements", planned_ms / bare_ms, 1 / 0.6)
    report.line("P10", f"the same again ({none} left): ms", again_ms)
    _forget(services)


def _million(services: Services, report: Report, mailboxes: int) -> None:
    before = _peak()
    planned_ms, count = once(lambda: do_job(services, NOTICES, services.today()))
    report.line("P05", f"{mailboxes} mailboxes, {count} notices planned in one tick: s", planned_ms / 1000)
    report.line("P05", "by how much the process's peak grew: MiB", _peak() - before, 64)
    again_ms, _ = once(lambda: do_job(services, NOTICES, services.today()))
    report.line("P05", "the same tick again, nothing left: s", again_ms / 1000)


def _peak() -> float:
    """Return the most memory the process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _sending(services: Services, batch: int, place: int) -> float:
    """Return how long the worker takes over the mails, so many in each batch, in milliseconds."""
    with services.transaction() as session:
        mails = [
            NewMail(
                "order_cancelled",
                f"bench:{batch}:{place}:{n}",
                f"m{n}@posta.example",
                "it",
                CONTEXT,
                None,
                None,
            )
            for n in range(MAILS)
        ]
        write_mails(session, mails, now=services.now())
    now = services.now()
    with services.transaction() as session:
        batches = outbox.hand_over(
            session, "mail.send", now=now, until=now + timedelta(minutes=5), window=MAILS, size=batch
        )
    return _timed(lambda: [run(services, MailWork(services), ids, stopping=lambda: False) for ids in batches])


def _bare(services: Services) -> float:
    """Return how long it takes to render and send as many on one connection."""
    work = MailWork(services)
    with services.reading() as session:
        mails = session.scalars(select(Mail.id).limit(MAILS)).all()
        rows = [session.get_one(Mail, mail) for mail in mails]

    def send() -> None:
        with work.opened() as ask:
            for row in rows:
                ask(row)  # type: ignore[arg-type]  # has what an Outgoing has

    return _timed(send)


def _timed(act: Callable[[], object]) -> float:
    took, _ = once(act)
    return took


def _forget(services: Services) -> None:
    with services.transaction() as session:
        session.execute(delete(OutboxRow))
        session.execute(delete(LifecycleStep))


def _services(url: str, sink: SmtpSink) -> Services:
    environment = {
        "PORTAL_SECRET_KEY": "a secret key for the measurements, nothing else",
        "PORTAL_DATABASE_URL": url,
        "PORTAL_DATA": tempfile.mkdtemp(prefix="portal-bench-"),
        "PORTAL_SMTP_PORT": str(sink.port),
        "PORTAL_BANK_IBAN": "IT60X0542811101000000123456",
    }
    services = build_services(read_settings(environment))
    upgrade(services.engine)
    return services


def main() -> None:
    """Print the figures of the clock's days on both databases."""
    arguments = argparse.ArgumentParser(prog="bench.days", description=__doc__)
    arguments.add_argument("--mailboxes", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--only", choices=["sqlite", "postgresql"])
    asked = arguments.parse_args()
    report, sink = Report(), SmtpSink().start()
    postgres = PostgresServer().start()
    try:
        urls = {"postgresql": postgres.create("bench"), "sqlite": scratch_sqlite()}
        for name, url in urls.items():
            if asked.only in (None, name):
                report.title(f"Days, on {name}")
                measure_days(url, sink, report, asked.mailboxes, asked.rounds)
    finally:
        postgres.stop()
        sink.stop()


if __name__ == "__main__":
    main()
