"""What the tests against mail servers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.adapters.mail_servers import PASSWORDS
from tests.servers.certificates import Authority
from tests.servers.dovecot import DovecotServer
from tests.servers.imap import Behaviour, ImapServer
from tools.dovecot import NoDovecot, find


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def dovecot(authority: Authority) -> Iterator[DovecotServer]:
    """A real Dovecot; where there is none, its tests are skipped and say so."""
    try:
        found = find()
    except NoDovecot as reason:
        pytest.skip(str(reason))
    server = DovecotServer(found, authority.vouch("localhost"), PASSWORDS).start()
    yield server
    server.remove()


@pytest.fixture
def speaking(authority: Authority) -> Iterator[Callable[[Behaviour], ImapServer]]:
    """Start servers that behave as told, with a good certificate."""
    made: list[ImapServer] = []

    def start(behaviour: Behaviour) -> ImapServer:
        made.append(ImapServer(authority.vouch("localhost"), behaviour))
        return made[-1]

    yield start
    for server in made:
        server.stop()
