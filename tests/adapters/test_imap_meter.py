"""How full a mailbox is, read from a mail server by the QUOTA extension."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from portal.adapters.imap.connection import conversation, sign_in
from portal.adapters.imap.usage import ImapMeter
from portal.mail_server_settings import MailServer
from portal.ports import SpaceUse, Unavailable, Unreachable
from tests.adapters.mail_servers import at
from tests.servers.certificates import Authority
from tests.servers.dovecot import DovecotServer
from tests.servers.imap import Behaviour, ImapServer

ADDRESS = "studio.rossi@pec.example"
CAPABILITIES = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN QUOTA\r\n%s OK done\r\n"}


def meter(server: MailServer) -> ImapMeter:
    return ImapMeter(server, lambda: datetime(2026, 11, 24, tzinfo=UTC))


def test_a_real_server_tells_how_full_a_mailbox_is(dovecot: DovecotServer, authority: Authority) -> None:
    asked = meter(at(dovecot.port, authority))
    before = asked.read(ADDRESS)
    dovecot.deliver(ADDRESS, 3_500_000)

    assert (before, asked.read(ADDRESS)) == (SpaceUse(0, None), SpaceUse(4, None))
    assert asked.read("nessuno@pec.example") is None


def test_with_a_wrong_password_of_its_own_it_learns_nothing(
    dovecot: DovecotServer, authority: Authority
) -> None:
    assert meter(replace(at(dovecot.port, authority), usage_password="x")).read(ADDRESS) is None


@pytest.mark.parametrize(
    ("quota", "use"),
    [
        (b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 0 1024)\r\n%s OK done\r\n', SpaceUse(0, None)),
        (b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 1025 9999)\r\n%s OK done\r\n', SpaceUse(2, None)),
        (
            b"* QUOTAROOT INBOX u\r\n* QUOTA u (MESSAGE 7 10 STORAGE 1024 9999)\r\n%s OK done\r\n",
            SpaceUse(1, None),
        ),
        (b"* QUOTAROOT INBOX\r\n%s OK done\r\n", None),
    ],
)
def test_quotas_are_read_as_the_standard_writes_them(
    speaking: Callable[[Behaviour], ImapServer], authority: Authority, quota: bytes, use: SpaceUse | None
) -> None:
    answers = CAPABILITIES | {b"GETQUOTAROOT": quota}
    server = speaking(Behaviour(greeting=b"* OK hi\r\n", answers=answers))

    assert meter(at(server.port, authority)).read(ADDRESS) == use


@pytest.mark.parametrize(
    "quota",
    [
        b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE many 1024)\r\n%s OK done\r\n',
        b"* QUOTA {77777777}\r\n",
        b"* QUOTAROOT\r\n* QUOTA\r\n%s OK done\r\n",
        b"%s NO not today\r\n",
        b"* BYE\r\n",
    ],
)
def test_nonsense_changes_nothing(
    speaking: Callable[[Behaviour], ImapServer], authority: Authority, quota: bytes
) -> None:
    answers = CAPABILITIES | {b"GETQUOTAROOT": quota}
    server = speaking(Behaviour(greeting=b"* OK hi\r\n", answers=answers))

    with pytest.raises(Unavailable):
        meter(at(server.port, authority, seconds=1)).read(ADDRESS)


def test_a_server_without_quotas_costs_no_attempt(
    speaking: Callable[[Behaviour], ImapServer], authority: Authority
) -> None:
    plain = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%s OK done\r\n"}
    server = speaking(Behaviour(greeting=b"* OK hi\r\n", answers=plain))

    with pytest.raises(Unreachable):
        meter(at(server.port, authority)).read(ADDRESS)


FORBIDDEN: list[Callable[[IMAPClient], object]] = [
    lambda client: client.select_folder("INBOX"),
    lambda client: client.select_folder("INBOX", readonly=True),
    lambda client: client.select_folder("Posta", readonly=True),
    lambda client: client.folder_status("INBOX", ["MESSAGES"]),
    lambda client: client.append("INBOX", b"Subject: x\r\n\r\nx"),
    lambda client: client.create_folder("Altro"),
    lambda client: client.delete_folder("Posta"),
    lambda client: client.rename_folder("Posta", "Altro"),
]


def test_the_user_that_reads_quotas_reads_no_mail(dovecot: DovecotServer, authority: Authority) -> None:
    """The configuration of docs/mail-server.md: a master user under Dovecot's ACL, with no right at all."""
    server = at(dovecot.port, authority)
    dovecot.deliver(ADDRESS, 100, folder="Posta")
    assert meter(server).read(ADDRESS) is not None

    with conversation(server) as client:
        assert sign_in(client, server.usage_user, server.usage_password, for_whom=ADDRESS)
        assert [folder for _, _, folder in client.list_folders()] == ["INBOX"]
        for act in FORBIDDEN:
            with pytest.raises(IMAPClientError):
                act(client)
