"""What a worker makes of mails: a name that stays, a rest at a closed door, and each end recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from portal.adapters.mailer.smtp import SmtpMailer
from portal.ports import Unreachable
from portal.store.mails import Mail, MailState
from portal.usecases import delivery, mail_rows, notices
from portal.usecases.mail_rows import SEALED, MailOwner, MailSubject
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_account, make_mailbox, make_order
from tests.servers.processes import free_port
from tests.servers.smtp import SmtpSink
from workers.job import Fate
from workers.mail import MailWork, message_id, surroundings


def write_mail(services: Services) -> int:
    with services.transaction() as session:
        order = make_order(session, [make_mailbox(session, make_account(session))])
        notices.order_cancelled(session, order, now=services.now())
        return session.scalars(select(Mail.id)).first() or 0


def mail(services: Services) -> Mail:
    with services.reading() as session:
        return session.get_one(Mail, 1)


def begin(services: Services) -> delivery.Outgoing:
    with services.transaction() as session:
        return delivery.begin_sending(session, [1])[1]


def test_a_mail_keeps_its_name() -> None:
    name = message_id("order_confirmation:K:placed:a@b.example", "postasicura.example")

    assert name == message_id("order_confirmation:K:placed:a@b.example", "postasicura.example")
    assert name != message_id("order_confirmation:K:placed:c@b.example", "postasicura.example")
    assert name.endswith("@postasicura.example>")


def test_links_come_from_the_settings(services: Services) -> None:
    settings = replace(services.settings, public_url="https://area.example")

    assert surroundings(settings).public_url == "https://area.example"


def test_at_a_closed_door_nobody_queues(services: Services, smtp_sink: SmtpSink, clock: Clock) -> None:
    closed = SmtpMailer(replace(services.settings.smtp, port=free_port()))
    work = MailWork(replace(services, mailer=closed))
    with pytest.raises(Unreachable, match="refused"), work.opened():
        pytest.fail("connected")

    with pytest.raises(Unreachable, match="a moment ago"), work.opened():
        pytest.fail("connected")
    clock.forward(seconds=services.settings.outbox_retry_seconds)
    with pytest.raises(Unreachable, match="refused"), work.opened():
        pytest.fail("connected")


def test_a_secret_goes_out_and_is_not_kept(services: Services, smtp_sink: SmtpSink) -> None:
    context = {"name": "", "new_email": "a@b.example", SEALED: {"token": services.sealer.seal("SEGRETO")}}
    with services.transaction() as session:
        subject = MailSubject("email_change_confirm", "holder-1", "1")
        mail_rows.write_mail(session, subject, ["a@b.example"], context, MailOwner(), now=services.now())
    work = MailWork(services)

    with work.opened() as send:
        sent = send(begin(services))

    assert "conferma-email/SEGRETO" in smtp_sink.to("a@b.example")[-1].text
    assert "SEGRETO" not in repr(sent)
    assert "conferma-email/•••" in sent.wording.text


@pytest.mark.parametrize(
    ("fate", "state"),
    [
        (Fate.LATER, MailState.WAITING),
        (Fate.REJECTED, MailState.BOUNCED),
        (Fate.EXHAUSTED, MailState.FAILED),
    ],
)
def test_each_end_is_recorded(services: Services, fate: Fate, state: MailState) -> None:
    write_mail(services)
    outgoing = begin(services)
    assert mail(services).state is MailState.SENDING

    with services.transaction() as session:
        MailWork(services).failed(session, [outgoing], fate, "x" * 600, now=services.now())

    assert (mail(services).state, len(mail(services).last_answer)) == (state, 500)


@pytest.mark.parametrize("fate", list(Fate))
def test_nothing_follows_a_mail_that_was_sent(services: Services, fate: Fate) -> None:
    write_mail(services)
    outgoing = begin(services)
    words: dict[str, Any] = {"subject": "s", "text": "t", "html": "h", "answer": "250 OK"}
    with services.transaction() as session:
        delivery.mail_sent(session, 1, **words, now=services.now())

    with services.transaction() as session:
        MailWork(services).failed(session, [outgoing], fate, "late", now=services.now())
        again = delivery.begin_sending(session, [1])

    assert (mail(services).state, mail(services).last_answer, again) == (MailState.SENT, "250 OK", {})
