"""Days that go by in a test: the clock's jobs, done as `portal tick` does them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select

from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.notices import Notice
from portal.wiring import Services
from tests.factories import TODAY, make_account, make_holder, make_mailbox
from workers.clock import do_day

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def box(services: Services, expires_in: int, **fields: object) -> Mailbox:
    """Return a stored mailbox of an account, its holder and its account each with an address of their own."""
    values: dict[str, object] = {"created_at": LONG_AGO} | fields
    with services.transaction() as session:
        account = make_account(session, email="Studio@posta.example")
        holder = make_holder(session, contact_email="mario@posta.example")
        return make_mailbox(session, account, holder=holder, expires_in=expires_in, **values)


def tick(services: Services, day: date = TODAY) -> None:
    """Do one day's work."""
    do_day(services, day)


def notices(services: Services) -> list[Notice]:
    with services.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def mails(services: Services) -> list[Mail]:
    with services.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def told(services: Services) -> list[tuple[str, str]]:
    """Return the kind and the recipient of every mail, in alphabetical order."""
    return sorted((mail.kind, mail.recipient) for mail in mails(services))
