"""`portal clock` goes on day after day; `portal tick` does one day's work now."""

from __future__ import annotations

import signal
from datetime import date, datetime
from threading import Event
from types import FrameType

import click

from portal.cli.context import USAGE, pass_services, refuse
from portal.formats import long_day
from portal.wiring import Services
from workers.clock import Clock, do_day

JOBS = {
    "suspend": "caselle da sospendere",
    "cancel": "caselle da cancellare",
    "notices": "avvisi di scadenza",
    "quota": "avvisi di spazio",
    "mails": "e-mail di avviso",
}
"""What each job counts."""


@click.command()
@pass_services
def clock(services: Services) -> None:
    """Fa il lavoro di ogni giorno (scadenze, avvisi); una seconda copia non fa danni."""
    stopping = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo("Orologio avviato.")
    Clock(services).run(stopping)
    click.echo("Fermato.")


@click.command()
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Il giorno (AAAA-MM-GG); se manca, oggi.",
)
@pass_services
def tick(services: Services, day: datetime | None) -> None:
    """Fa ora tutto il lavoro dovuto fino a un giorno; ripeterlo non cambia nulla."""
    today = _asked_day(services, day)
    done = do_day(services, today)
    click.echo(f"Lavoro del {long_day(today)}:")
    for job, count in done.items():
        click.echo(f"{count:>8}  {JOBS[job]}")


def _asked_day(services: Services, day: datetime | None) -> date:
    """Return the day to work on; a day to come would suspend mailboxes before their time."""
    today = services.today()
    asked = day.date() if day else today
    if asked > today:
        refuse(f"Il {long_day(asked)} deve ancora venire.", code=USAGE)
    return asked
