"""Finding card numbers where none may be: in a database, in logs, in mails, in calls to others. S41."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine, MetaData

_DIGITS = re.compile(r"(?<![0-9A-Za-z+])(?<![0-9]\.)[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])")
"""13 to 19 digits, as people and machines write them, that are no part of a longer word or of a fraction."""
_BOUNDARY = re.compile(r"={15}[0-9]+==")
"""What parts the parts of a mail: nineteen random digits; every fortieth looks like the number of a card."""
_SCHEMES = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5)")
"""How the numbers of cards begin."""


def card_numbers_in(text: str) -> list[str]:
    """Return what could be card numbers: the right length, the beginning of a scheme, the check digit."""
    found = ("".join(filter(str.isdigit, match)) for match in _DIGITS.findall(_BOUNDARY.sub("", text)))
    return [digits for digits in found if _SCHEMES.match(digits) and _is_luhn(digits)]


def card_numbers_in_database(engine: Engine) -> list[str]:
    """Return those in any column of any table."""
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        values = [
            str(value)
            for table in metadata.sorted_tables
            for row in connection.execute(table.select())
            for value in row
        ]
    return card_numbers_in("\n".join(values))


def card_numbers_in_folder(folder: Path) -> list[str]:
    """Return those in any file of a portal's folder: databases value by value, everything else as text."""
    return [
        number
        for path in sorted(folder.rglob("*"))
        for text in _texts(path)
        for number in card_numbers_in(text)
    ]


def card_numbers_in_redis(url: str) -> list[str]:
    """Return those in any key or value of a Redis: counters, locks, messages of the broker."""
    with Redis.from_url(url) as client:
        texts = [part.decode(errors="replace") for key in client.scan_iter() for part in _held(client, key)]
    return card_numbers_in("\n".join(texts))


def _held(client: Redis, key: bytes) -> list[bytes]:
    kind = client.type(key)
    if kind == b"hash":
        return [key, *(part for pair in client.hgetall(key).items() for part in pair)]
    if kind == b"list":
        return [key, *client.lrange(key, 0, -1)]
    if kind == b"set":
        return [key, *client.smembers(key)]
    if kind == b"zset":
        return [key, *client.zrange(key, 0, -1)]
    return [key, client.get(key) or b""]


def _texts(path: Path) -> Iterator[str]:
    if not path.is_file() or path.name.endswith(("-wal", "-shm")):
        return
    body = path.read_bytes()
    if not body.startswith(b"SQLite format 3"):
        yield body.decode(errors="replace")
        return
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - our own names
                yield "\n".join(map(str, row))


def _is_luhn(digits: str) -> bool:
    doubled = [sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0
