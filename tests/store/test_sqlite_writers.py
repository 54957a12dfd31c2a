"""Eight writers on SQLite that read before they write: none is refused; without our BEGIN some are (R24)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.store.session import make_engine, transaction

WRITERS, TIMES = 8, 25


def make_counter(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE counter (n INTEGER NOT NULL)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))


def count_up(session: Session) -> None:
    seen = session.scalar(text("SELECT n FROM counter"))
    session.execute(text("UPDATE counter SET n = :n"), {"n": (seen or 0) + 1})


def refusals_of(engine: Engine) -> int:
    """Let the writers count up through plain sessions; return how often the database refused."""

    def write(_turn: int) -> int:
        try:
            with Session(engine) as session:
                count_up(session)
                session.commit()
        except OperationalError:
            return 1
        return 0

    with ThreadPoolExecutor(WRITERS) as writers:
        return sum(writers.map(write, range(WRITERS * TIMES)))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'writers.db'}"


def test_eight_writers_lose_nothing(url: str) -> None:
    engine = make_engine(url)
    make_counter(engine)

    def write(_turn: int) -> None:
        with transaction(engine) as session:
            count_up(session)

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(write, range(WRITERS * TIMES)))

    with transaction(engine) as session:
        assert session.scalar(text("SELECT n FROM counter")) == WRITERS * TIMES
    engine.dispose()


def test_without_begin_immediate_writers_are_refused(url: str) -> None:
    ours = make_engine(url)
    make_counter(ours)
    ours.dispose()
    plain = create_engine(url, connect_args={"timeout": 5})

    refused = refusals_of(plain)
    with Session(plain) as session:
        counted = session.scalar(text("SELECT n FROM counter")) or 0
    plain.dispose()

    assert refused > 0 or counted < WRITERS * TIMES
