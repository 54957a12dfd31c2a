"""R17: the database's disk is full. Pages are read, changes are refused calmly, and nothing is half done."""

from __future__ import annotations

from sqlite3 import Connection as SqliteConnection
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from portal.store.accounts import LoginSession
from portal.store.history import HistoryEvent
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import ON_BOTH, PASSWORD, People, Person

NO_MORE_PAGES, AS_MANY_AS_EVER = "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"
FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT OR UPDATE ON history_event EXECUTE FUNCTION disk_is_full()
"""
ROOM = "DROP TRIGGER disk_is_full ON history_event; DROP FUNCTION disk_is_full()"


class Disk:
    """The disk of the database. SQLite may grow no more; PostgreSQL says what it says of a full disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def fill(self) -> None:
        if self._engine.dialect.name == "postgresql":
            self._do(FULL)
            return
        event.listen(self._engine, "checkout", self._stop_growing)
        self._do("CREATE TABLE ballast (x)")
        for size in (100_000, 1_000, 1):
            with pytest.raises(OperationalError):
                self._fill_with(size)

    def make_room(self) -> None:
        if self._engine.dialect.name == "postgresql":
            self._do(ROOM)
            return
        event.remove(self._engine, "checkout", self._stop_growing)
        with self._engine.connect() as connection:
            connection.exec_driver_sql(AS_MANY_AS_EVER)
        self._engine.dispose()

    def _fill_with(self, size: int) -> None:
        for _ in range(10_000):
            self._do("INSERT INTO ballast VALUES (zeroblob(:size))", size=size)

    def _do(self, statement: str, **values: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), values)

    @staticmethod
    def _stop_growing(connection: SqliteConnection, *_about: Any) -> None:
        connection.execute(NO_MORE_PAGES)


def deeds(services: Services) -> tuple[int, int]:
    """Return how many sessions were begun, and how often that was written down."""
    with services.reading() as session:
        begun = session.scalar(select(func.count(LoginSession.id))) or 0
        return begun, session.scalar(select(func.count(HistoryEvent.id))) or 0


def sign_in_until_refused(app: Flask, services: Services, person: Person) -> TestResponse:
    """Sign in again and again: a page of the database that was begun may still take some rows."""
    for _ in range(40):
        before = deeds(services)
        answer = Browser(app).sign_in(person.identifier, PASSWORD)
        if answer.status_code != 303:
            assert deeds(services) == before
            return answer
    raise AssertionError("the disk is never full")


@ON_BOTH
def test_r17_with_a_full_disk_pages_are_read_and_changes_wait(
    app: Flask, services: Services, people: People
) -> None:
    inside = Browser(app).enter(services, people.owner.subject)
    disk = Disk(services.engine)
    disk.fill()

    refused = sign_in_until_refused(app, services, people.other)
    page = inside.get("/caselle")

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert page.status_code == 200
    disk.make_room()
    assert Browser(app).sign_in(people.other.identifier, PASSWORD).status_code == 303
    assert inside.is_signed_in
