"""HTTP servers that stand in for gateways, with the faults that real ones have. R02-R06."""

from __future__ import annotations

import json
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, dict[str, Any]]


class Fault(StrEnum):
    """What goes wrong with the next call that does something."""

    ERROR_BEFORE = "500, and nothing was done"
    ERROR_AFTER = "500, and yet it was done"
    SILENT_BEFORE = "no answer in time, and nothing was done"
    SILENT_AFTER = "no answer in time, and yet it was done"
    VANISHES = "it was done, and the connection ends without an answer"


BEFORE = (Fault.ERROR_BEFORE, Fault.SILENT_BEFORE)


class FakeGateway:
    """A server on this machine; `answer` of each kind says what a call does, once per idempotency key."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._over = Event()
        self._faults: list[Fault] = []
        self.calls: list[str] = []
        """What was asked, as «POST /path»."""
        self.received: list[str] = []
        """The same with all that was sent along: addresses, headers and bodies."""
        self.leads_to = ""
        """Where every call is led instead of being answered."""
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            """Reads a call whole, lets the gateway answer, breaks as told."""

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def do_DELETE(self) -> None:
                self._serve()

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = gateway.serve(f"{self.command} {self.path}", headers, body)
                if answer is None:
                    self.close_connection = True
                    return
                status, told = answer
                data = json.dumps(told).encode()
                self.send_response(307 if gateway.leads_to else status)
                self.send_header("Location", gateway.leads_to + self.path)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail_next(self, fault: Fault) -> None:
        """Let the next call that does something go wrong."""
        self._faults.append(fault)

    def serve(self, call: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Return the answer to a call; None where the connection ends without one."""
        verb, _, address = call.partition(" ")
        path = urlsplit(address).path
        with self._lock:
            self.calls.append(f"{verb} {path}")
            self.received.append(f"{call}\n{headers}\n{body.decode(errors='replace')}")
            fault = self._faults.pop(0) if self._faults and self.is_breakable(verb, path) else None
            if fault is Fault.ERROR_BEFORE:
                return self.broken(headers)
            if fault not in BEFORE:
                answer = self.answer(verb, address, headers, body)
            if fault is Fault.ERROR_AFTER:
                return self.broken(headers)
        if fault in (Fault.SILENT_BEFORE, Fault.SILENT_AFTER):
            self._over.wait(30)
        return None if fault is not None else answer

    def is_breakable(self, verb: str, path: str) -> bool:
        return verb == "POST" and not path.startswith("/pay/")

    def broken(self, headers: dict[str, str]) -> Answer:
        """Return what a gateway says that is in trouble itself."""
        return 500, {"error": {"type": "api_error", "message": "broken"}}

    def answer(self, verb: str, address: str, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError


def fields_of(text: str) -> dict[str, str]:
    """Return the fields of a form or a query, by their whole names."""
    return dict(parse_qsl(text, keep_blank_values=True))
