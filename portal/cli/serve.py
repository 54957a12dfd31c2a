"""`portal serve`: the web application in production, behind a proxy that speaks TLS."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from portal.app import create_app
from portal.cli.context import pass_services
from portal.cli.serving import warm_up
from portal.wiring import Services

THREADS = 4
REQUESTS_OF_A_PROCESS = 50_000
"""After so many a process is replaced, whatever it may have leaked."""


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Indirizzo e porta.")
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True)
@pass_services
def serve(services: Services, bind: str, processes: int) -> None:
    """Avvia il sito in produzione (gunicorn). I lavori li fa «dramatiq workers.main:production»."""
    app = create_app(services)
    warm_up(app)
    _Server(app, services, {"bind": bind, "workers": processes}).run()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, told in code what it would read from a file."""

    def __init__(self, app: Flask, services: Services, own: dict[str, Any]) -> None:
        self._app = app
        self._settings = {
            "worker_class": "gthread",
            "threads": THREADS,
            "preload_app": True,
            "max_requests": REQUESTS_OF_A_PROCESS,
            "max_requests_jitter": REQUESTS_OF_A_PROCESS // 10,
            "post_fork": _forget_connections(services),
            **own,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def _forget_connections(services: Services) -> Callable[..., None]:
    """Return a hook that leaves the parent's database connections to the parent."""

    def post_fork(server: object, worker: object) -> None:
        services.engine.dispose(close=False)

    return post_fork
