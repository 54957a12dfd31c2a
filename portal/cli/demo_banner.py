"""What `portal demo` prints when it is ready."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from portal.cli.demo_data import REGISTER_COPY
from portal.demo.register import (
    ACCOUNT,
    BIG_ACCOUNT,
    CONVENTION_MAILBOX,
    PASSWORD,
    SAFE_ACCOUNT,
    SINGLE_MAILBOX,
)
from portal.formats import long_day
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.wiring import Services

TEXT = """
{brand}: dimostrazione, tutti i dati sono inventati

  Oggi              {today}
  Portale           {url}/
  E-mail inviate    {url}/demo/posta
  Parti grafiche    {url}/componenti

  Accessi (password di tutti: {password})
{sign_ins}

  Prezzi di prova: quelli di PRO e PREMIUM sono inventati, gli altri vengono dai documenti di partenza.
  Dati in {folder}; il registro importato è {register}. Gli altri comandi lavorano su questi dati
  con --demo, per esempio: portal --demo import mailboxes FILE.csv

Ctrl-C per fermare.
"""


def banner(services: Services, folder: Path) -> str:
    """Return the addresses and the sign-ins."""
    counts = _mailboxes_by_account(services)
    sign_ins = [
        (ACCOUNT, f"account con {counts.get(ACCOUNT, 0)} caselle in ogni stato"),
        (SINGLE_MAILBOX, "una casella sola, in scadenza"),
        (CONVENTION_MAILBOX, "una casella in convenzione"),
        (SAFE_ACCOUNT, "account con verifica in due passaggi: il codice è in /demo/codice"),
    ]
    if BIG_ACCOUNT in counts:
        sign_ins.append((BIG_ACCOUNT, f"account con {counts[BIG_ACCOUNT]} caselle"))
    return TEXT.format(
        brand=services.settings.brand.name,
        today=long_day(services.today()),
        url=services.settings.public_url,
        password=PASSWORD,
        sign_ins="\n".join(f"    {name:<30}{what}" for name, what in sign_ins),
        folder=folder,
        register=folder / REGISTER_COPY,
    )


def _mailboxes_by_account(services: Services) -> dict[str, int]:
    query = (
        select(Account.username, func.count())
        .join(Mailbox, Mailbox.account_id == Account.id)
        .group_by(Account.username)
    )
    with services.reading() as session:
        return {row[0]: row[1] for row in session.execute(query)}
