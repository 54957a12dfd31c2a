"""`portal accounts` and `portal mailboxes` as the operator sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.domain.access import Subject, SubjectKind
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.usecases import access
from portal.wiring import Services
from tests.factories import NOW, make_account, make_mailbox

GOOD = "pioggia lenta sui tetti"
HOUR = timedelta(hours=1)
NAME, ADDRESS = "123456@aruba.it", "studio.bianchi@pec.example"


@pytest.fixture(autouse=True)
def register(services: Services) -> None:
    """One account with one mailbox, neither with a password."""
    with services.transaction() as session:
        make_mailbox(session, make_account(session, NAME), ADDRESS)


def portal(services: Services, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, list(arguments), obj=services, input=typed)


def hashes(services: Services) -> tuple[str | None, str | None]:
    with services.reading() as session:
        return session.get_one(Account, 1).password_hash, session.get_one(Mailbox, 1).password_hash


def has_session(services: Services, token: str) -> bool:
    with services.reading() as session:
        return access.session_facts(session, token, now=NOW, idle=HOUR) is not None


def enter(services: Services, subject: Subject) -> str:
    with services.transaction() as session:
        token, _ = access.start_session(session, subject, now=NOW, lasts=HOUR, address="", user_agent="")
    return token


ACCOUNT = Subject(SubjectKind.ACCOUNT, account_id=1)
MAILBOX = Subject(SubjectKind.MAILBOX, mailbox_id=1)


@pytest.mark.parametrize("name", [NAME, " 123456@ARUBA.it "])
def test_a_password_typed_twice_is_the_accounts(services: Services, name: str) -> None:
    result = portal(services, "accounts", "set-password", name, typed=f"{GOOD}\n{GOOD}\n")

    account, mailbox = hashes(services)
    assert (result.exit_code, mailbox) == (0, None)
    assert services.hasher.verify(account, GOOD)
    assert f"Password di {NAME} cambiata" in result.output


def test_a_password_may_come_from_a_pipe(services: Services) -> None:
    result = portal(services, "mailboxes", "set-password", ADDRESS, "--stdin", typed=f" {GOOD} \nanother\n")

    account, mailbox = hashes(services)
    assert (result.exit_code, account) == (0, None)
    assert services.hasher.verify(mailbox, f" {GOOD} ")


def test_no_password_is_shown(services: Services) -> None:
    for result in (
        portal(services, "accounts", "set-password", NAME, typed=f"{GOOD}\n{GOOD}\n"),
        portal(services, "accounts", "set-password", NAME, "--stdin", typed="troppo breve"),
    ):
        assert GOOD not in result.output
        assert "troppo breve" not in result.output


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "meno di 15"),
        ("pioggia lenta!", "meno di 15"),
        ("x" * 1025, "supera 1024"),
        ("123456 aruba.it 123456", "per prime"),
        ("no_comment_band", "rubate altrove"),
        ("passwordpassword", "per prime"),
    ],
)
def test_a_bad_password_changes_nothing(services: Services, password: str, words: str) -> None:
    token = enter(services, ACCOUNT)

    result = portal(services, "accounts", "set-password", NAME, "--stdin", typed=f"{password}\n")

    assert result.exit_code == 1
    assert words in result.output
    assert hashes(services) == (None, None)
    assert has_session(services, token)


def test_two_different_passwords_are_asked_again(services: Services) -> None:
    result = portal(services, "accounts", "set-password", NAME, typed=f"{GOOD}\nanother\n{GOOD}\n{GOOD}\n")

    assert result.exit_code == 0


def test_a_new_password_ends_the_sessions_of_its_owner_alone(services: Services) -> None:
    account, mailbox = enter(services, ACCOUNT), enter(services, MAILBOX)

    portal(services, "mailboxes", "set-password", ADDRESS, "--stdin", typed=f"{GOOD}\n")

    assert (has_session(services, account), has_session(services, mailbox)) == (True, False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["accounts", "set-password", "999999@aruba.it"], "Nessun account si chiama «999999@aruba.it»."),
        (["accounts", "set-password", ADDRESS], f"Nessun account si chiama «{ADDRESS}»."),
        (["accounts", "disable", "nessuno"], "Nessun account si chiama «nessuno»."),
        (["accounts", "enable", "nessuno"], "Nessun account si chiama «nessuno»."),
        (["mailboxes", "set-password", NAME], f"Nessuna casella ha l'indirizzo «{NAME}»."),
    ],
)
def test_an_unknown_name_is_told_before_any_password(
    services: Services, arguments: list[str], sentence: str
) -> None:
    result = portal(services, *arguments)

    assert (result.exit_code, result.output) == (1, f"{sentence}\n")


def test_a_disabled_account_is_out_and_its_sessions_stay_dead(services: Services) -> None:
    token = enter(services, ACCOUNT)

    first = portal(services, "accounts", "disable", NAME)
    second = portal(services, "accounts", "disable", NAME)
    out = has_session(services, token)
    again = portal(services, "accounts", "enable", NAME)

    assert first.output == f"Account {NAME}: disabilitato.\n"
    assert second.output == f"Account {NAME}: era già disabilitato.\n"
    assert again.output == f"Account {NAME}: abilitato.\n"
    assert (out, has_session(services, token)) == (False, False)


def test_the_list_says_who_can_enter(services: Services) -> None:
    with services.transaction() as session:
        make_account(session, "222222@aruba.it", password_hash="$argon2id$…")
        make_account(session, "333333@aruba.it", password_hash="$argon2id$…", disabled_at=NOW)

    result = portal(services, "accounts", "list")

    first, second, third = result.output.splitlines()
    assert first.split()[:3] == [NAME, "1", "caselle"]
    assert (first.endswith("senza password"), second.endswith("attivo")) == (True, True)
    assert "disabilitato il 24" in third
    assert "argon2" not in result.output
