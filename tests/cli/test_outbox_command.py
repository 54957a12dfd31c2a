"""`portal outbox` as the operator uses it: what waits, what was given up, and another chance."""

from __future__ import annotations

from datetime import timedelta

from click.testing import CliRunner, Result

from portal.cli import main
from portal.store import outbox
from portal.wiring import Services


def portal(services: Services, *words: str) -> Result:
    return CliRunner().invoke(main, ["outbox", *words], obj=services)


def give_up(services: Services) -> int:
    """Store a row that was given up; return its id."""
    now = services.now()
    with services.transaction() as session:
        outbox.enqueue(session, "mail.send", "mail.send:1", {"mail_id": 1}, now=now)
        until = now + timedelta(seconds=45)
        ((row_id,),) = outbox.hand_over(session, "mail.send", now=now, until=until, window=10, size=10)
        (claim,) = outbox.claim(session, [row_id], until=until)
        outbox.give_up(session, claim, "550 5.1.1\r\nno such user", now=now)
        return row_id


def test_dead_letters_are_listed_with_their_reason(services: Services) -> None:
    row_id = give_up(services)

    (line,) = portal(services, "list", "--failed").stdout.splitlines()

    words = f"{row_id} abbandonato 24 novembre 2026, 10:00 mail.send:1 tentativi: 1 550 5.1.1 no such user"
    assert line.split() == words.split()


def test_a_dead_letter_gets_another_chance(services: Services) -> None:
    row_id = give_up(services)

    first, again = portal(services, "retry", str(row_id)), portal(services, "retry", str(row_id))

    assert (first.exit_code, again.exit_code) == (0, 1)
    assert portal(services, "list", "--failed").stdout == "Nessun lavoro abbandonato.\n"
    assert "in attesa" in portal(services, "list").stdout


def test_when_nothing_waits_it_says_so(services: Services) -> None:
    assert portal(services, "list").stdout == "Niente da fare.\n"
