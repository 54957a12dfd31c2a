"""The SMTP adapter against a real server that refuses, breaks off and dawdles on demand (R18, S46)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email import policy
from email.parser import BytesParser
from threading import Thread

import pytest

from portal.adapters.mailer.message import compose
from portal.adapters.mailer.smtp import SmtpMailer
from portal.adapters.outside import CalledInsideTransaction
from portal.ports import Letter, Rejected, Unavailable, Unreachable
from portal.settings import SmtpServer
from portal.wiring import Services
from tests.servers.processes import free_port
from tests.servers.smtp import Script, SmtpSink

SENDER = "Posta Sicura <avvisi@postasicura.example>"


def letter(recipient: str = "mario@posta.example", **fields: str) -> Letter:
    values = {
        "message_id": "<abc@postasicura.example>",
        "recipient": recipient,
        "subject": "Ordine K7Q2M9XRTA: rinnovo",
        "text": "Perché no?\n",
        "html": "<p>Perché no?</p>",
    }
    return Letter(**values | fields)


def server(port: int) -> SmtpServer:
    return SmtpServer("127.0.0.1", port, "", "", starttls=False, sender=SENDER, timeout_seconds=2)


@pytest.fixture
def mailer(smtp_sink: SmtpSink) -> SmtpMailer:
    return SmtpMailer(server(smtp_sink.port))


@pytest.fixture
def new_sink() -> Iterator[SmtpSink]:
    """A server of this test's own, which it may stop."""
    sink = SmtpSink().start()
    yield sink
    sink.stop()


def test_a_letter_arrives_as_it_was_written(mailer: SmtpMailer, smtp_sink: SmtpSink) -> None:
    with mailer.connect() as connection:
        answer = connection.send(letter())

    (mail,) = smtp_sink.received
    assert answer.startswith("250")
    assert (mail.sender, mail.recipients) == ("avvisi@postasicura.example", ("mario@posta.example",))
    assert (mail.message_id, mail.subject) == ("<abc@postasicura.example>", "Ordine K7Q2M9XRTA: rinnovo")
    assert (mail.text.strip(), mail.html.strip()) == ("Perché no?", "<p>Perché no?</p>")
    assert mail.message["From"] == SENDER
    assert mail.message["Auto-Submitted"] == "auto-generated"


def test_a_long_letter_arrives_whole(mailer: SmtpMailer, smtp_sink: SmtpSink) -> None:
    text = "".join(f"casella.{number}@pec.example\n.\n" for number in range(500))

    with mailer.connect() as connection:
        connection.send(letter(text=text, html=f"<pre>{text}</pre>"))

    assert smtp_sink.received[0].text.replace("\r\n", "\n") == text


def test_every_line_ends_as_smtp_wants_it() -> None:
    content = compose(letter(text="a\nb\rc\r\nd", subject="è" * 150), SENDER)

    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_several_letters_go_over_one_connection(mailer: SmtpMailer, smtp_sink: SmtpSink) -> None:
    with mailer.connect() as connection:
        for number in range(5):
            connection.send(letter(f"n{number}@posta.example"))

    assert len(smtp_sink.received) == 5
    assert len({mail.peer for mail in smtp_sink.received}) == 1


@pytest.mark.parametrize(
    ("script", "failure", "words"),
    [
        (Script(refuse_recipient="550 5.1.1 no such user"), Rejected, "550 5.1.1 no such user"),
        (Script(refuse_recipient="450 4.2.1 greylisted"), Unavailable, "450 4.2.1 greylisted"),
        (Script(refuse_data="554 5.7.1 spam"), Rejected, "554 5.7.1 spam"),
        (Script(refuse_data="451 4.3.0 later"), Unavailable, "451 4.3.0 later"),
        (Script(refuse_data="554 5.7.1 \x00\x07no\x1b[31m way"), Rejected, "^554 5.7.1 no .31m way$"),
        (Script(refuse_data="421 4.3.2 closing"), Unavailable, "421 4.3.2 closing"),
        (Script(drop_before_answer=True), Unavailable, "closed"),
        (Script(slow_seconds=4), Unavailable, "timed out"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_failure_has_its_class(
    mailer: SmtpMailer, smtp_sink: SmtpSink, script: Script, failure: type[Exception], words: str
) -> None:
    smtp_sink.behave(replace(script, times=1))

    with mailer.connect() as connection:
        with pytest.raises(failure, match=words) as raised:
            connection.send(letter())
        connection.send(letter("another@posta.example"))

    assert type(raised.value) is failure
    assert len(smtp_sink.to("another@posta.example")) == 1


@contextmanager
def stubborn(*answers: bytes) -> Iterator[int]:
    """Serve one conversation with these answers, whatever is asked, and hang up; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def talk() -> None:
            peer, _ = listening.accept()
            peer.settimeout(5)
            with suppress(OSError), peer, peer.makefile("rb") as asked:
                for answer in answers:
                    peer.sendall(answer)
                    asked.readline()

        Thread(target=talk, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"554 5.7.1 no\r\n", Rejected),
        (b"451 4.3.0 later\r\n", Unavailable),
        (b"hello\r\n", Unavailable),
        (b"250-" + b"x" * 20_000 + b"\r\n", Unavailable),
    ],
    ids=["5xx", "4xx", "no number", "endless line"],
)
def test_an_answer_to_data_itself_has_its_class_too(answer: bytes, failure: type[Exception]) -> None:
    """Some servers say no before they have seen the letter."""
    before = (b"220 here\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n")
    with stubborn(*before, answer) as port, SmtpMailer(server(port)).connect() as connection:
        with pytest.raises((Unavailable, Rejected)) as raised:
            connection.send(letter())

        assert type(raised.value) is failure


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable), SmtpMailer(server(free_port())).connect():
        pytest.fail("connected")


def test_a_server_that_goes_away_is_unreachable_for_the_next_letter(new_sink: SmtpSink) -> None:
    with SmtpMailer(server(new_sink.port)).connect() as connection:
        connection.send(letter())
        new_sink.stop()
        with pytest.raises(Unreachable):
            connection.send(letter())


def test_a_connection_that_ended_between_letters_is_opened_again(new_sink: SmtpSink) -> None:
    with SmtpMailer(server(new_sink.port)).connect() as connection:
        connection.send(letter())
        new_sink.stop()
        new_sink.start()
        connection.send(letter("after@posta.example"))

    assert len(new_sink.to("after@posta.example")) == 1


def test_nobody_is_written_to_inside_a_transaction(mailer: SmtpMailer, services: Services) -> None:
    with services.transaction(), pytest.raises(CalledInsideTransaction), mailer.connect():
        pytest.fail("connected")


BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("line_break", BREAKS, ids=repr)
@pytest.mark.parametrize("field", ["recipient", "subject", "message_id"])
def test_no_value_can_begin_another_header(field: str, line_break: str) -> None:
    evil = {
        "recipient": f"a@posta.example{line_break}Bcc: b@posta.example",
        "subject": f"Ordine{line_break}Bcc: b@posta.example",
        "message_id": f"<abc@postasicura.example>{line_break}Bcc: b@posta.example",
    }

    with pytest.raises(Rejected):
        compose(letter(**{field: evil[field]}), SENDER)


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "a",
        "a@",
        "@b.example",
        "a b@c.example",
        "a@b.example, c@d.example",
        "A <a@b.example>",
        '"a"@b.example',
        "perché@posta.example",
        "a@b@c.example",
        "x" * 250 + "@b.example",
    ],
)
def test_a_recipient_is_one_plain_address(recipient: str) -> None:
    with pytest.raises(Rejected):
        compose(letter(recipient), SENDER)


@pytest.mark.parametrize("subject", ["Perché «no»?", "x" * 200, "è" * 200, "=?utf-8?q?fake?="])
def test_a_subject_comes_back_as_it_went(subject: str) -> None:
    parsed = BytesParser(policy=policy.default).parsebytes(compose(letter(subject=subject), SENDER))

    assert parsed["Subject"] == ("fake" if subject.startswith("=?") else subject)
    assert [name for name in parsed if name.lower() == "subject"] == ["Subject"]
