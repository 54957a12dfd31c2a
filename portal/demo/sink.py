"""A mail server for the demo: takes every mail on a loopback port and keeps it as a file."""

from __future__ import annotations

import asyncio
import itertools
import os
from pathlib import Path
from threading import Event, Thread

from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.demo.post import numbers_in, path_of


class MailSink:
    """Runs in a thread of its own between `start()` and `stop()`; mails are `000001.eml` and so on."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._keeper = _Keeper(folder)
        self._listening = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="mail-sink", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._port = 0

    def start(self) -> int:
        """Return the port it listens on, once it does."""
        self._thread.start()
        self._listening.wait()
        return self._port

    def stop(self) -> None:
        """Stop listening; the mails stay where they are."""
        if self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._session, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._end.wait()
        server.close()

    def _session(self) -> SMTP:
        return SMTP(self._keeper, hostname="posta.localhost", enable_SMTPUTF8=True)


class _Keeper:
    """What aiosmtpd calls for each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(max(numbers_in(folder), default=0) + 1)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        path = path_of(self._folder, next(self._numbers))
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
        return f"250 kept as {path.name}"
