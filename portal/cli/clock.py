"""`portal clock` goes on day after day; `portal tick` does one day's work now."""

from __future__ import annotations

import signal
import time
from datetime import date, datetime, timedelta
from threading import Event
from types import FrameType

import click

from portal import log_lines
from portal.cli.context import USAGE, pass_services, refuse
from portal.demo.calendar import DemoClock
from portal.elision import led
from portal.formats import long_day
from portal.store import dead_letters
from portal.wiring import Services
from workers.clock import JOBS as JOBS_OF_THE_CLOCK
from workers.clock import Clock, do_day

JOBS = {
    "suspend": "caselle da sospendere",
    "cancel": "caselle da cancellare",
    "announce": "rinnovi automatici annunciati",
    "order": "ordini di rinnovo automatico",
    "charge": "addebiti da tentare",
    "methods": "metodi in scadenza segnalati",
    "notices": "avvisi di scadenza",
    "usage": "letture dello spazio usato",
    "space": "spazi aggiuntivi rinnovati o tolti",
    "credit": "avvisi di credito che manca",
    "quota": "avvisi di spazio",
    "mails": "e-mail di avviso",
    "reminders": "promemoria di pagamento",
    "expire": "ordini scaduti",
    "documents": "documenti scaduti",
    "purge": "righe vecchie tolte",
    "lapse": "crediti scaduti",
}
"""What each job counts."""
UNTOLD = [job for job in JOBS_OF_THE_CLOCK if job.name not in ("notices", "quota", "mails", "reminders")]
"""What can be done for a day that is over: a mail about it would speak of days left that are gone."""
PATIENCE_SECONDS = 20
FIRST_YEAR = 1998
FARTHEST = timedelta(days=1100)


@click.command()
@pass_services
def clock(services: Services) -> None:
    """Fa il lavoro di ogni giorno (scadenze, avvisi); una seconda copia non fa danni."""
    stopping = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log_lines.configure()
    click.echo("Orologio avviato.")
    Clock(services).run(stopping)
    click.echo("Fermato.")


@click.command()
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Il giorno (AAAA-MM-GG); se manca, oggi."
)
@pass_services
def tick(services: Services, day: datetime | None) -> None:
    """Fa ora tutto il lavoro dovuto fino a un giorno; ripeterlo non cambia nulla.

    Per un giorno passato non si scrivono avvisi: il giorno di oggi ne ha di più recenti.

    Nella dimostrazione (portal --demo tick --on GIORNO) il calendario va avanti fino a quel giorno, un
    giorno dopo l'altro, e con esso le pagine e le e-mail.
    """
    today = services.today()
    asked = day.date() if day else today
    if isinstance(services.clock, DemoClock):
        _go_on(services, services.clock, today, asked)
    elif asked.year < FIRST_YEAR:
        refuse(f"Prima del {FIRST_YEAR} non c'erano caselle.", code=USAGE)
    elif asked > today:
        refuse(f"Il {long_day(asked)} deve ancora venire.", code=USAGE)
    else:
        _do(services, asked)


def _go_on(services: Services, calendar: DemoClock, today: date, asked: date) -> None:
    """Let the days of the demo go by, each with its work and its mails."""
    if not today <= asked <= today + FARTHEST:
        refuse(
            f"Il calendario della dimostrazione è {led('al', long_day(today))}"
            " e va solo avanti, di tre anni al più.",
            code=USAGE,
        )
    for ahead in range((asked - today).days + 1):
        calendar.move_to(today + timedelta(days=ahead))
        _do(services, today + timedelta(days=ahead), quiet=ahead > 0)
        _let_workers_finish(services)
    click.echo(
        f"La dimostrazione è {led('al', long_day(asked))}. Chi era entrato può dover accedere di nuovo."
    )


def _do(services: Services, today: date, *, quiet: bool = False) -> None:
    jobs = JOBS_OF_THE_CLOCK if today == services.today() else UNTOLD
    done = do_day(services, today, jobs)
    if any(done.values()) or not quiet:
        click.echo(f"{long_day(today)}:")
    for job, count in done.items():
        if count or not quiet:
            click.echo(f"{count:>8}  {JOBS[job]}")


def _let_workers_finish(services: Services) -> None:
    """Wait until the demo's workers have nothing due: rows in their hands must not outlive a day's leap."""
    for _ in range(PATIENCE_SECONDS * 10):
        with services.reading() as session:
            if not dead_letters.count_due(session, now=services.now()):
                return
        time.sleep(0.1)
    click.echo("La dimostrazione è ferma? Le e-mail partiranno quando sarà di nuovo avviata.", err=True)
