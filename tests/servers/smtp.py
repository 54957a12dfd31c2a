"""A mail server that keeps what it is given and can be told to refuse, to break off or to be slow."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.processes import free_port, wait_until


@dataclass(frozen=True)
class Received:
    """One mail as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    peer: tuple[str, int]
    """The other end of the connection: equal for mails that shared one."""

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content())


@dataclass
class Script:
    """How the server behaves from now on; everything empty means: accept."""

    refuse_recipient: str = ""
    """An SMTP answer such as «550 5.1.1 unknown» given to RCPT TO."""
    refuse_data: str = ""
    """An SMTP answer such as «451 4.3.0 later» given to the content."""
    drop_before_answer: bool = False
    """Take the content, then close the connection without a word: the sender cannot know."""
    slow_seconds: float = 0
    """Wait this long before the answer to the content."""
    only_for: str = ""
    """The rest holds only for recipients that contain this."""
    times: int = -1
    """How many mails it holds for; afterwards everything is accepted again. -1: for ever."""

    def applies_to(self, recipients: list[str]) -> bool:
        if self.times == 0 or not any(self.only_for in recipient for recipient in recipients):
            return False
        self.times -= self.times > 0
        return True


@dataclass
class _Handler:
    """What aiosmtpd calls; it keeps accepted mails in order of arrival."""

    script: Script = field(default_factory=Script)
    received: list[Received] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.script.refuse_recipient and self.script.applies_to([address]):
            return self.script.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        script = self.script
        if script.refuse_recipient or not script.applies_to(envelope.rcpt_tos):
            return self._keep(session, envelope)
        await asyncio.sleep(script.slow_seconds)
        if script.refuse_data:
            return script.refuse_data
        answer = self._keep(session, envelope)
        if script.drop_before_answer and server.transport is not None:
            server.transport.abort()
        return answer

    def _keep(self, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        self.received.append(
            Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), message, session.peer)
        )
        return "250 OK"


class SmtpSink:
    """The server in a thread of the tests; `start()` and `stop()` as often as a test likes."""

    def __init__(self) -> None:
        self.port = free_port()
        self._handler = _Handler()
        self._controller: Controller | None = None

    def start(self) -> SmtpSink:
        self._controller = Controller(
            self._handler, hostname="127.0.0.1", port=self.port, server_hostname="sink.test", ready_timeout=10
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def clear(self) -> None:
        """Forget every mail and accept everything again."""
        self._handler.received.clear()
        self._handler.script = Script()

    def behave(self, script: Script) -> None:
        """Act by the script from the next mail on."""
        self._handler.script = script

    @property
    def received(self) -> list[Received]:
        """Every mail so far, in order; those after which it broke off are among them."""
        return list(self._handler.received)

    def to(self, recipient: str) -> list[Received]:
        """Return the mails for one address."""
        return [mail for mail in self.received if recipient in mail.recipients]

    def doubled(self) -> set[str]:
        """Return the Message-IDs that came more than once."""
        return {
            name for name, count in Counter(mail.message_id for mail in self.received).items() if count > 1
        }

    def wait_for(self, count: int, *, seconds: float = 20) -> list[Received]:
        """Return the mails as soon as there are `count`; raises NotReady when they do not come."""
        wait_until(lambda: len(self._handler.received) >= count, f"{count} mails", seconds=seconds)
        return self.received
