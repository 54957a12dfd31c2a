"""The outbox table: what is due, who gets it, what becomes of it; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.store import dead_letters, outbox
from portal.store.outbox import Claim, OutboxRow, OutboxState
from portal.wiring import Services
from tests.factories import NOW

LEASE = timedelta(seconds=45)


def fill(services: Services, count: int, *, kind: str = "mail.send") -> list[int]:
    """Store `count` rows that are due now; return their ids."""
    with services.transaction() as session:
        for number in range(count):
            outbox.enqueue(session, kind, f"{kind}:{number}", {"mail_id": number}, now=NOW)
        return list(session.scalars(select(OutboxRow.id).order_by(OutboxRow.id)))


def hand_over(session: Session, now: datetime = NOW, **limits: int) -> list[list[int]]:
    values = {"window": 1000, "size": 50, **limits}
    return outbox.hand_over(session, "mail.send", now=now, until=now + LEASE, **values)


def claim(session: Session, ids: list[int], now: datetime = NOW) -> list[Claim]:
    return outbox.claim(session, ids, until=now + LEASE)


def row(services: Services, row_id: int) -> OutboxRow:
    with services.reading() as session:
        return session.get_one(OutboxRow, row_id)


def test_a_key_is_written_once(services: Services) -> None:
    with services.transaction() as session:
        first = outbox.enqueue(session, "mail.send", "mail.send:1", {"mail_id": 1}, now=NOW)
        again = outbox.enqueue(session, "mail.send", "mail.send:1", {"mail_id": 2}, now=NOW)

    with services.reading() as session:
        payloads = [row.payload for row in session.scalars(select(OutboxRow))]
    assert (first, again) == (True, False)
    assert payloads == [{"mail_id": 1}]


def test_one_statement_writes_a_row_for_each_id(services: Services) -> None:
    ids = fill(services, 3)

    with services.transaction() as session:
        wanted = select(OutboxRow.id).where(OutboxRow.kind == "mail.send")
        first = outbox.enqueue_for_each(session, "platform.renew", "order_line_id", wanted, now=NOW)
        again = outbox.enqueue_for_each(session, "platform.renew", "order_line_id", wanted, now=NOW)

    with services.reading() as session:
        made = session.scalars(select(OutboxRow).where(OutboxRow.kind == "platform.renew")).all()
    assert (first, again) == (3, 0)
    assert {row.key: row.payload for row in made} == {
        f"platform.renew:{id_}": {"order_line_id": id_} for id_ in ids
    }
    assert all(row.state is OutboxState.WAITING and row.not_before == NOW for row in made)


def test_what_is_due_is_handed_over_in_batches(services: Services) -> None:
    ids = fill(services, 5)

    with services.transaction() as session:
        batches = hand_over(session, size=2)

    assert batches == [ids[:2], ids[2:4], ids[4:]]
    assert row(services, ids[0]).state is OutboxState.QUEUED


def test_what_is_not_due_waits(services: Services) -> None:
    with services.transaction() as session:
        later = NOW + timedelta(minutes=10)
        outbox.enqueue(session, "mail.send", "mail.send:1", {}, now=NOW, not_before=later)

    with services.transaction() as session:
        assert hand_over(session, later - timedelta(seconds=1)) == []
        assert hand_over(session, later) != []


def test_another_kind_is_left_alone(services: Services) -> None:
    fill(services, 2, kind="platform.renew")

    with services.transaction() as session:
        assert hand_over(session) == []


def test_what_nobody_claims_is_handed_over_again_when_its_lease_ends(services: Services) -> None:
    ids = fill(services, 2)
    with services.transaction() as session:
        hand_over(session)

    with services.transaction() as session:
        assert hand_over(session, NOW + LEASE - timedelta(seconds=1)) == []
        assert hand_over(session, NOW + LEASE) == [ids]


def test_no_more_is_handed_over_than_the_window_holds(services: Services) -> None:
    ids = fill(services, 5)

    with services.transaction() as session:
        first = hand_over(session, window=2)
        second = hand_over(session, window=3)
        third = hand_over(session, window=3)

    assert (first, second, third) == ([ids[:2]], [ids[2:3]], [])


def test_a_claimed_row_comes_back_alone_when_its_worker_died(services: Services) -> None:
    ids = fill(services, 4)
    with services.transaction() as session:
        hand_over(session)
        claim(session, ids[:2])

    with services.transaction() as session:
        batches = hand_over(session, NOW + LEASE)

    assert batches == [ids[2:], ids[:1], ids[1:2]]


def test_a_claim_counts_the_attempt_and_gives_the_payload(services: Services) -> None:
    ids = fill(services, 1)
    with services.transaction() as session:
        hand_over(session)

    with services.transaction() as session:
        claims = claim(session, ids)

    assert claims == [Claim(ids[0], "mail.send:0", {"mail_id": 0}, attempts=1)]


@pytest.mark.parametrize("state", [state for state in OutboxState if state is not OutboxState.QUEUED])
def test_only_a_row_that_was_handed_over_can_be_claimed(services: Services, state: OutboxState) -> None:
    ids = fill(services, 1)
    with services.transaction() as session:
        session.execute(update(OutboxRow).values(state=state))

    with services.transaction() as session:
        assert claim(session, ids) == []


def test_rows_that_never_reached_the_broker_are_due_again(services: Services) -> None:
    ids = fill(services, 2)
    with services.transaction() as session:
        hand_over(session)
        claim(session, ids[:1])

    with services.transaction() as session:
        outbox.take_back(session, ids, now=NOW)

    with services.transaction() as session:
        assert hand_over(session) == [ids[1:]]


def claimed(services: Services) -> Claim:
    """Store one row, hand it over and claim it."""
    ids = fill(services, 1)
    with services.transaction() as session:
        hand_over(session)
        return claim(session, ids)[0]


def test_a_finished_row_is_never_handed_over_again(services: Services) -> None:
    held = claimed(services)

    with services.transaction() as session:
        outbox.finish(session, held, now=NOW)

    with services.transaction() as session:
        assert hand_over(session, NOW + timedelta(days=365)) == []
    assert (row(services, held.id).state, row(services, held.id).done_at) == (OutboxState.DONE, NOW)


def test_a_failed_attempt_is_repeated_later(services: Services) -> None:
    held = claimed(services)
    later = NOW + timedelta(minutes=5)

    with services.transaction() as session:
        assert outbox.put_off(session, held, "451 later", until=later)

    with services.transaction() as session:
        assert hand_over(session, later - timedelta(seconds=1)) == []
        assert hand_over(session, later) == [[held.id]]
    assert row(services, held.id).last_error == "451 later"


def test_a_dead_letter_stays_until_the_operator_retries_it(services: Services) -> None:
    held = claimed(services)
    with services.transaction() as session:
        assert outbox.give_up(session, held, "550 no such user", now=NOW)
    with services.transaction() as session:
        assert hand_over(session, NOW + timedelta(days=365)) == []
        assert [dead.id for dead in dead_letters.failed_rows(session, limit=10)] == [held.id]

    with services.transaction() as session:
        first, again = (dead_letters.retry(session, held.id, now=NOW) for _ in range(2))

    with services.transaction() as session:
        assert hand_over(session) == [[held.id]]
        assert claim(session, [held.id])[0].attempts == 1
    assert (first, again) == (True, False)


@pytest.mark.parametrize(
    "act",
    [
        lambda session, held: outbox.put_off(session, held, "late", until=NOW),
        lambda session, held: outbox.give_up(session, held, "late", now=NOW),
    ],
)
def test_whoever_lost_the_claim_cannot_spoil_the_next_one(
    services: Services, act: Callable[[Session, Claim], bool]
) -> None:
    old = claimed(services)
    with services.transaction() as session:
        hand_over(session, NOW + LEASE)
        (new,) = claim(session, [old.id], NOW + LEASE)

    with services.transaction() as session:
        assert not act(session, old)

    assert row(services, new.id).state is OutboxState.CLAIMED


def test_what_was_handed_back_counts_no_attempt(services: Services) -> None:
    ids = fill(services, 3)
    with services.transaction() as session:
        hand_over(session)
        claims = claim(session, ids)

    with services.transaction() as session:
        outbox.finish(session, claims[0], now=NOW)
        outbox.hand_back(session, claims[1:], until=NOW, words="no connection")

    with services.transaction() as session:
        assert hand_over(session) == [ids[1:]]
        assert [held.attempts for held in claim(session, ids)] == [1, 1]
    assert row(services, ids[1]).last_error == "no connection"


def claim_from_threads(
    services: Services, ids: list[int], *, how: Callable[[Session], list[int]]
) -> list[int]:
    """Let four workers claim the same rows at the same instant; return every row that anybody got."""
    barrier, got = Barrier(4), []

    def work() -> None:
        barrier.wait()
        with services.transaction() as session:
            got.extend(how(session))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(got)


def test_of_several_workers_one_gets_the_row(services: Services) -> None:
    ids = fill(services, 40)
    with services.transaction() as session:
        hand_over(session)

    got = claim_from_threads(services, ids, how=lambda session: [held.id for held in claim(session, ids)])

    assert got == ids


def test_without_the_condition_several_workers_get_the_row(services: Services) -> None:
    """The negative control of the test above: it would notice."""
    ids = fill(services, 40)

    def claim_carelessly(session: Session) -> list[int]:
        session.execute(update(OutboxRow).values(state=OutboxState.CLAIMED))
        return ids

    assert claim_from_threads(services, ids, how=claim_carelessly) != ids


def test_two_relays_hand_over_different_rows(services: Services) -> None:
    ids = fill(services, 200)

    def relay(session: Session) -> list[int]:
        return [row_id for batch in hand_over(session, size=20) for row_id in batch]

    assert claim_from_threads(services, ids, how=relay) == ids
