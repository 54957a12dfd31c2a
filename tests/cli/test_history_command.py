"""`portal history` as the operator asks it, and which commands it tells of."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.cli.changing import CHANGING, NOT_WRITTEN_DOWN
from portal.cli.history import DEEDS
from portal.domain.access import Subject, SubjectKind
from portal.domain.history import Actor, Deed, Origin
from portal.usecases import history
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_account

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NAME = "300300@aruba.it"


def portal(services: Services, *words: str) -> Result:
    return CliRunner().invoke(main, [*words], obj=services)


@pytest.fixture
def told(services: Services, clock: Clock) -> Services:
    """Two days in the life of an account, and something of nobody's."""
    with services.transaction() as session:
        subject = Subject(SubjectKind.ACCOUNT, account_id=make_account(session, NAME).id)
        history.come_from(Origin(Actor.CUSTOMER, "00112233445566aa", "192.0.2.7", "Firefox"))
        history.record(session, Deed.SIGNED_IN, subject, now=clock())
        history.record(session, Deed.SIGN_IN_REFUSED, None, now=clock())
        clock.forward(days=1)
        history.record(session, Deed.ORDER_PLACED, subject, now=clock(), about="A7K2")
    history.come_from(Origin())
    return services


@pytest.mark.parametrize(
    ("words", "deeds"),
    [
        ("", ["ordine", "accesso rifiutato", "accesso"]),
        (f"--who {NAME}", ["ordine", "accesso"]),
        ("--what signed_in", ["accesso"]),
        ("--about A7K2", ["ordine"]),
        ("--address 192.0.2.8", []),
        ("--request 00112233445566aa --limit 1", ["ordine"]),
        ("--until 2026-11-24", ["accesso rifiutato", "accesso"]),
        ("--since 2026-11-25", ["ordine"]),
    ],
)
def test_the_operator_finds_what_happened(told: Services, words: str, deeds: list[str]) -> None:
    lines = portal(told, "history", *words.split()).stdout.splitlines()

    assert [line[26:54].strip() for line in lines if line != "Niente."] == deeds


def test_a_name_of_nobody_is_refused(told: Services) -> None:
    assert portal(told, "history", "--who", "nessuno@pec.example").exit_code == 2


def test_a_command_that_changes_something_is_written_down_with_who_gave_it(told: Services) -> None:
    portal(told, "accounts", "disable", NAME)

    first, second = portal(told, "history", "--limit", "2").stdout.splitlines()

    assert "account disabilitato" in first
    assert f"accounts disable {NAME}  operatore " in second
    request = [line.split("  ")[-1] for line in (first, second)]
    assert request[0] == request[1]


def test_looking_is_not_written_down(told: Services) -> None:
    before = portal(told, "history").stdout
    portal(told, "accounts", "list")

    assert portal(told, "history").stdout == before


def paths(command: click.Command, context: click.Context, *words: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(words)
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from paths(inner, context, *words, name)


def test_every_command_is_said_to_change_something_or_not(services: Services) -> None:
    every = {*paths(main, click.Context(main))}

    assert every == CHANGING | NOT_WRITTEN_DOWN
    assert not CHANGING & NOT_WRITTEN_DOWN


def test_every_deed_has_words(services: Services) -> None:
    assert {*DEEDS} == {*Deed}
