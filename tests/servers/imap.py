"""An IMAP server that says what it is told to, over TLS or not, at the speed it is told to."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread

from tests.servers.certificates import Authority, Certificate

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"
ANSWERS: Mapping[bytes, bytes] = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN QUOTA\r\n%s OK done\r\n",
    b"LOGOUT": b"* BYE\r\n%s OK done\r\n",
}


@dataclass
class Behaviour:
    """What the server says: first of all, to each command by its name (`%s` is its tag), to a secret."""

    greeting: bytes = GREETING
    answers: Mapping[bytes, bytes] = field(default_factory=dict)
    after_secret: bytes = b"%s OK signed in\r\n"
    pause: float = 0
    """Seconds between two bytes; 0: all at once."""
    hangs: bool = False
    """Takes the connection and never says a word, not even TLS's."""


class ImapServer:
    """Listens on this machine; `heard` is every byte that it was told after TLS, or without it."""

    def __init__(self, certificate: Certificate | None, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.heard = bytearray()
        self.connections = 0
        self.authority: Authority | None = None
        """Who vouches for it, where a test wants to know."""
        self._context = _context(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def stop(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            Thread(target=self._talk, args=(raw,), daemon=True).start()

    def _talk(self, raw: socket.socket) -> None:
        with suppress(OSError), raw:
            raw.settimeout(20)
            if self.behaviour.hangs:
                raw.recv(1)
                time.sleep(5)
                return
            if self._context is None:
                self._converse(raw)
                return
            with self._context.wrap_socket(raw, server_side=True) as line:
                self._converse(line)

    def _converse(self, line: socket.socket) -> None:
        self._say(line, self.behaviour.greeting)
        for tag, name in self._commands(line):
            if name == b"AUTHENTICATE" and name not in self.behaviour.answers:
                self._say(line, b"+ \r\n")
                self._hear(line)
                self._say(line, self.behaviour.after_secret.replace(b"%s", tag))
                continue
            answer = {**ANSWERS, **self.behaviour.answers}.get(name, b"%s BAD what?\r\n")
            self._say(line, answer.replace(b"%s", tag))

    def _commands(self, line: socket.socket) -> Iterator[tuple[bytes, bytes]]:
        while words := self._hear(line).split():
            yield words[0], words[1].upper() if len(words) > 1 else b""

    def _hear(self, line: socket.socket) -> bytes:
        told = b""
        while not told.endswith(b"\n"):
            more = line.recv(1)
            if not more:
                return b""
            self.heard += more
            told += more
        return told

    def _say(self, line: socket.socket, words: bytes) -> None:
        if not self.behaviour.pause:
            line.sendall(words)
            return
        for place in range(len(words)):
            line.sendall(words[place : place + 1])
            time.sleep(self.behaviour.pause)


def _context(certificate: Certificate | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


Speaker = Callable[[Behaviour], ImapServer]
