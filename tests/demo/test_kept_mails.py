"""The demo's mail server: what is sent arrives, is numbered, survives a restart and can be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.adapters.mailer.smtp import SmtpMailer
from portal.demo.post import kept_mail, newest_mails
from portal.demo.sink import MailSink
from portal.ports import Letter
from portal.settings import SmtpServer


@contextmanager
def running(folder: Path) -> Iterator[int]:
    sink = MailSink(folder)
    yield sink.start()
    sink.stop()


def send(port: int, *subjects: str) -> None:
    server = SmtpServer("127.0.0.1", port, "", "", False, "Posta Sicura <avvisi@portale.example>", 5)
    with SmtpMailer(server).connect() as connection:
        for subject in subjects:
            connection.send(
                Letter(
                    message_id=f"<{subject}@portale.example>",
                    recipient="mario@posta.example",
                    subject=subject,
                    text="Scadenza: però\n.\nun punto da solo",
                    html="<p>però</p>",
                )
            )


def test_a_mail_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    with running(tmp_path / "posta") as port:
        send(port, "È scaduta")

    mail = kept_mail(tmp_path / "posta", 1)
    assert mail is not None
    assert (mail.subject, mail.recipient) == ("È scaduta", "mario@posta.example")
    assert mail.sender == "Posta Sicura <avvisi@portale.example>"
    assert mail.text.splitlines() == ["Scadenza: però", ".", "un punto da solo"]
    assert mail.html.strip() == "<p>però</p>"
    assert mail.arrived_at.tzinfo is not None


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    for subject in ("uno", "due"):
        with running(tmp_path) as port:
            send(port, subject)

    assert [(mail.number, mail.subject) for mail in newest_mails(tmp_path, 10)] == [(2, "due"), (1, "uno")]


def test_the_list_is_paged_from_the_newest(tmp_path: Path) -> None:
    with running(tmp_path) as port:
        send(port, "a", "b", "c")

    assert [mail.subject for mail in newest_mails(tmp_path, 2)] == ["c", "b"]
    assert [mail.subject for mail in newest_mails(tmp_path, 2, before=2)] == ["a"]


def test_there_is_no_mail_of_another_number(tmp_path: Path) -> None:
    assert kept_mail(tmp_path, 7) is None
    assert newest_mails(tmp_path, 10) == []
