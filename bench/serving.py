"""The list over HTTP against the reference page from the same server (P02), in bounded loops on loopback."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from bench.report import Report
from bench.site import Site, captured
from tests.servers.processes import free_port, wait_until

CONNECTIONS, REQUESTS = 4, 40
"""A block is so many connections with so many requests each; blocks of both pages alternate."""
SERVER_CORE, LOAD_CORE = {0}, {1}
REFERENCE = "/riferimento"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]


def measure(site: Site, report: Report, rounds: int) -> None:
    """Serve both pages from one gunicorn process and print the ratio of their requests a second."""
    client = site.client("1k")
    cookie = client.get_cookie(site.app.config["SESSION_COOKIE_NAME"])
    if cookie is None:
        raise RuntimeError("nobody is signed in")
    reference = _reference(site)
    with served(_both(site.app, reference), site) as port, pinned(LOAD_CORE):
        headers = {"Cookie": f"{cookie.key}={cookie.value}"}
        rates: dict[str, list[float]] = {"/caselle": [], REFERENCE: []}
        for _ in range(max(3, rounds // 20)):
            for path, found in rates.items():
                found.append(_block(port, path, headers))
    listed, bare = (statistics.median(found) for found in rates.values())
    report.line("", "reference page over HTTP: requests a second", bare)
    report.line("P02", "list over HTTP: reference / list, requests a second", bare / listed, 1 / 0.42)


def _reference(site: Site) -> Flask:
    """Return an application that serves the list's bytes from values in memory."""
    template, values = captured(site.app, site.client("1k"), "/caselle")
    app = Flask("reference", static_folder=None)

    def page() -> str:
        with site.app.test_request_context("/caselle"):
            return str(template.render(values))

    app.add_url_rule(REFERENCE, view_func=page)
    return app


def _both(portal: Flask, reference: Flask) -> Wsgi:
    def choose(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        app = reference if environ["PATH_INFO"] == REFERENCE else portal
        return app(environ, start_response)

    return choose


class _Server(BaseApplication):  # type: ignore[misc]
    """One process of four threads, as `portal serve` runs it."""

    def __init__(self, app: Wsgi, settings: Mapping[str, Any]) -> None:
        self._app = app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        return self._app


@contextmanager
def served(app: Wsgi, site: Site) -> Iterator[int]:
    """Serve the application from a process of its own on one core; give its port."""
    port = free_port()

    def forget_connections(_server: object, _worker: object) -> None:
        site.services.engine.dispose(close=False)

    def serve() -> None:
        _pin(SERVER_CORE)
        settings = {
            "bind": f"127.0.0.1:{port}",
            "workers": 1,
            "threads": CONNECTIONS,
            "worker_class": "gthread",
            "keepalive": 10,
            "post_fork": forget_connections,
            "loglevel": "error",
        }
        _Server(app, settings).run()

    process = multiprocessing.get_context("fork").Process(target=serve)
    process.start()
    try:
        wait_until(lambda: _answers(port), "the server")
        yield port
    finally:
        process.terminate()
        process.join(20)


def _answers(port: int) -> bool:
    try:
        return _get(http.client.HTTPConnection("127.0.0.1", port, timeout=5), REFERENCE, {}) > 0
    except OSError:
        return False


def _block(port: int, path: str, headers: Mapping[str, str]) -> float:
    """Return the requests a second of one block."""
    start = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda _: _loop(port, path, headers), range(CONNECTIONS)))
    return CONNECTIONS * REQUESTS / (time.perf_counter() - start)


def _loop(port: int, path: str, headers: Mapping[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(REQUESTS):
        _get(connection, path, headers)
    connection.close()


def _get(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> int:
    connection.request("GET", path, headers=dict(headers))
    response = connection.getresponse()
    size = len(response.read())
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status}")
    return size


@contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """Keep this process on these cores meanwhile, where the machine has and allows them."""
    before = os.sched_getaffinity(0)
    _pin(cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _pin(cores: set[int]) -> None:
    if cores <= os.sched_getaffinity(0):
        os.sched_setaffinity(0, cores)
