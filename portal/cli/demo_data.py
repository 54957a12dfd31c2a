"""Fills the demo's empty database from the sample files, by the same commands an operator would use."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import func, select

from portal import migrate
from portal.cli.contract_files import import_contract_files
from portal.cli.imports import hash_and_write, read_and_compare
from portal.demo.calendar import FILE as DAYS_AHEAD
from portal.demo.register import (
    ACCOUNT,
    BIG_ACCOUNT,
    PASSWORD,
    SAFE_ACCOUNT,
    SAFE_SECRET,
    write_register,
)
from portal.domain.access import Subject, SubjectKind
from portal.store.accounts import Account, account_by_username
from portal.store.contracts import ContractText
from portal.store.mailboxes import Mailbox
from portal.store.second_steps import Totp
from portal.usecases.access import set_password
from portal.usecases.history import by_operator, come_from
from portal.usecases.imports.conventions import import_conventions
from portal.usecases.imports.extras import import_extras
from portal.usecases.imports.prices import import_prices
from portal.usecases.imports.promotions import import_promotions
from portal.usecases.imports.spool import Spool
from portal.wiring import Services

SAMPLES = Path(__file__).parent.parent / "demo"
CONTRACTS = SAMPLES / "contracts"
"""Marked as samples; without texts no order can be placed."""
REGISTER_COPY = "registro-di-prova.csv"
LISTS = (
    ("prices.csv", "listino-di-prova.csv", import_prices),
    ("promotions.csv", "promozioni-di-prova.csv", import_promotions),
    ("extras.csv", "extra-di-prova.csv", import_extras),
    ("conventions.csv", "convenzioni-di-prova.csv", import_conventions),
)
"""Each sample file, its copy in the demo's folder, and what reads it."""
MADE_HERE = (
    *("portal.db", "platform.db", "posta", "secret.key", DAYS_AHEAD, REGISTER_COPY),
    *(copy for _, copy, _ in LISTS),
)
"""What `--fresh` removes, and nothing else: the folder may be anybody's."""


def clear(folder: Path) -> None:
    """Remove what the demo made in its folder."""
    for name in MADE_HERE:
        for path in folder.glob(f"{name}*"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def is_new(folder: Path) -> bool:
    """Say whether no demo has worked in this folder yet."""
    return not (folder / "portal.db").exists()


def prepare(services: Services, *, big: bool) -> bool:
    """Bring the database to the newest schema and fill it if it is empty; say whether it was."""
    migrate.upgrade(services.engine)
    _import_texts(services)
    with services.reading() as session:
        if session.scalar(select(func.count()).select_from(Mailbox)):
            return False
    _import_lists(services)
    _import_register(services, big=big)
    for username in (ACCOUNT, SAFE_ACCOUNT, BIG_ACCOUNT) if big else (ACCOUNT, SAFE_ACCOUNT):
        _give_password(services, username)
    _switch_on_second_step(services)
    return True


def _import_texts(services: Services) -> None:
    """Bring in the sample contract texts where there are none: a stored text never changes."""
    with services.reading() as session:
        has_texts = session.scalar(select(func.count()).select_from(ContractText))
    if not has_texts:
        import_contract_files(services, CONTRACTS)


def _import_lists(services: Services) -> None:
    for sample, name, import_file in LISTS:
        copy = services.settings.data_folder / name
        shutil.copyfile(SAMPLES / sample, copy)
        with copy.open("rb") as file, services.transaction() as session:
            import_file(session, file, today=services.today())


def _import_register(services: Services, *, big: bool) -> None:
    path = services.settings.data_folder / REGISTER_COPY
    with path.open("w", encoding="utf-8", newline="") as file:
        write_register(file, services.today(), big=big)
    with Spool() as spool:
        read_and_compare(services, path, spool)
        hash_and_write(services, spool, skip_bad=False)


def _give_password(services: Services, username: str) -> None:
    new_hash = services.hasher.hash(PASSWORD)
    come_from(by_operator("demo", ""))
    with services.transaction() as session:
        account: Account | None = account_by_username(session, username)
        if account is not None:
            subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
            set_password(session, subject, new_hash, now=services.now())


def _switch_on_second_step(services: Services) -> None:
    """Let one account ask for a code, which the demo itself shows at `/demo/codice`."""
    now = services.now()
    with services.transaction() as session:
        account = account_by_username(session, SAFE_ACCOUNT)
        if account is not None:
            sealed = services.sealer.seal(SAFE_SECRET)
            session.add(Totp(account_id=account.id, sealed_secret=sealed, begun_at=now, confirmed_at=now))
