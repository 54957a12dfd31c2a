"""Who signs in in these tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from sqlalchemy.orm import Session

from portal.adapters.credentials.argon2 import Argon2Hasher
from portal.domain.access import Subject, SubjectKind
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.wiring import Services
from tests.databases import KINDS
from tests.factories import make_account, make_mailbox, make_order, make_prices

ON_BOTH = pytest.mark.parametrize("database_url", KINDS, indirect=True)
PASSWORD = "pioggia lenta sui tetti"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in, with a mailbox and an order that are theirs to see."""

    identifier: str
    subject: Subject
    address: str
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """Two accounts alike, and the own session of one's mailbox."""

    owner: Person
    other: Person
    mailbox: Person


def settle_in(services: Services) -> People:
    """Store them all; every password is PASSWORD."""
    with services.transaction() as session:
        make_prices(session)
        owner, other = _account(session, "111111"), _account(session, "222222")
        box = make_mailbox(session, owner, "prima.della@pec.example", password_hash=password_hash())
        return People(
            owner=_account_person(session, owner),
            other=_account_person(session, other),
            mailbox=Person(box.address, Subject(SubjectKind.MAILBOX, mailbox_id=box.id), box.address),
        )


@cache
def password_hash() -> str:
    """Return the hash of PASSWORD, made once because it costs as much as a sign-in."""
    return Argon2Hasher().hash(PASSWORD)


def store_hash(services: Services, person: Person, value: str) -> None:
    """Give the person this password hash, whatever it was made with."""
    with services.transaction() as session:
        _row_of(session, person.subject).password_hash = value


def stored_hash(services: Services, person: Person) -> str:
    with services.reading() as session:
        return _row_of(session, person.subject).password_hash or ""


def _row_of(session: Session, subject: Subject) -> Account | Mailbox:
    if subject.account_id is not None:
        return session.get_one(Account, subject.account_id)
    return session.get_one(Mailbox, subject.mailbox_id)


def _account(session: Session, number: str) -> Account:
    return make_account(session, f"{number}@aruba.it", password_hash=password_hash())


def _account_person(session: Session, account: Account) -> Person:
    box = make_mailbox(session, account)
    number = new_order_number(bytes(range(account.id, account.id + RANDOM_BYTES)))
    order = make_order(session, [make_mailbox(session, account)], number=number)
    subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    return Person(account.username, subject, box.address, order.number)
