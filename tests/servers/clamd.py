"""What of clamd the portal uses, on this machine: INSTREAM over TCP or a unix socket, and its bad days."""

from __future__ import annotations

import socket
from pathlib import Path
from threading import Thread

from portal.adapters.documents.scanner import TEST_VIRUS

OK, FOUND = b"stream: OK\0", b"stream: Eicar-Test-Signature FOUND\0"


class FakeClamd:
    """Answers one conversation after another; `says` is what it says instead of judging."""

    def __init__(self, path: Path | None = None) -> None:
        self.says: bytes | None = None
        self.heard: list[bytes] = []
        """The files it was asked about, whole."""
        self.hangs_up_after: int | None = None
        """After how many bytes of a file it hangs up, as at its size limit."""
        if path is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(path))
            self._listener.listen()
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as asked:
                data = self._file(asked.read(10), asked)
                if data is not None:
                    self.heard.append(data)
                    line.sendall(self._answer(data))

    def _file(self, command: bytes, asked: object) -> bytes | None:
        assert command == b"zINSTREAM\0"
        read = asked.read  # type: ignore[attr-defined]
        data = b""
        while length := int.from_bytes(read(4), "big"):
            data += read(length)
            if self.hangs_up_after is not None and len(data) > self.hangs_up_after:
                return None
        return data

    def _answer(self, data: bytes) -> bytes:
        if self.says is not None:
            return self.says
        return FOUND if TEST_VIRUS in data else OK
