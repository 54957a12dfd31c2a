"""`portal demo`: web, workers and a mail server in one process, with made-up data."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

import click
from flask import Flask
from waitress.server import BaseWSGIServer, create_server

from portal.app import create_app
from portal.cli import demo_data
from portal.cli.context import USAGE, refuse
from portal.cli.demo_banner import banner
from portal.cli.serving import warm_up
from portal.demo.calendar import DemoClock
from portal.demo.environment import PORT, data_folder, demo_environment
from portal.demo.post import FOLDER
from portal.demo.sink import MailSink
from portal.settings import read_settings
from portal.wiring import Services, build_services, system_clock
from workers.main import start_embedded, start_embedded_clock

THREADS = 8
LARGEST_BODY = 6 << 20
"""Bytes; the application refuses smaller ones already, in words of its own."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), envvar="PORT", default=int(PORT), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Indirizzo su cui ascoltare.")
@click.option("--fresh", is_flag=True, help="Ricomincia da capo, con dati nuovi.")
@click.option(
    "--on",
    "first_day",
    type=click.DateTime(["%Y-%m-%d"]),
    envvar="PORTAL_TODAY",
    help="Il giorno (AAAA-MM-GG) in cui comincia una dimostrazione nuova; se manca, oggi.",
)
@click.option("--big", is_flag=True, help="Aggiunge un secondo account con 2.000 caselle (dati nuovi).")
def demo(port: int, host: str, fresh: bool, big: bool, first_day: datetime | None) -> None:
    """Avvia tutto il portale su questa macchina, con dati inventati."""
    signal.signal(signal.SIGTERM, _interrupt)
    folder = data_folder(os.environ)
    with ExitStack() as stack:
        stack.enter_context(_alone_in(folder))
        if fresh:
            demo_data.clear(folder)
        if first_day and demo_data.is_new(folder):
            DemoClock(folder, system_clock).begin_on(first_day.date())
        services = _services(stack, port)
        app = create_app(services)
        server = _bound_server(app, host, port)
        stack.callback(server.close)
        demo_data.prepare(services, big=big)
        stack.callback(start_embedded(services).stop)
        stack.callback(start_embedded_clock(services))
        warm_up(app)
        click.echo(banner(services, folder))
        server.run()
    click.echo("Fermato.")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Stop on SIGTERM as on Ctrl-C."""
    raise KeyboardInterrupt


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep a second demo away from the folder: they would number the mails twice."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse(f"In {folder} lavora già un'altra dimostrazione: fermala, o scegli un'altra PORTAL_DATA.")
        yield


def _services(stack: ExitStack, port: int) -> Services:
    """Return services whose mails go to a mail server of this process."""
    environment = demo_environment({**os.environ, "PORT": str(port)})
    sink = MailSink(Path(environment["PORTAL_DATA"]) / FOLDER)
    environment["PORTAL_SMTP_PORT"] = str(sink.start())
    stack.callback(sink.stop)
    settings = read_settings(environment)
    services = build_services(settings, clock=DemoClock(settings.data_folder, system_clock))
    stack.callback(services.engine.dispose)
    return services


def _bound_server(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """Return the web server, its port taken; exit 2 where somebody else has it."""
    try:
        return create_server(
            app, host=host, port=port, threads=THREADS, ident=None, max_request_body_size=LARGEST_BODY
        )
    except OSError as failure:
        if failure.errno != errno.EADDRINUSE:
            refuse(f"Non posso ascoltare su {host}:{port}: {failure.strerror}.", code=USAGE)
        refuse(f"La porta {port} è occupata. Scegline un'altra: PORT={port + 1} make demo", code=USAGE)
