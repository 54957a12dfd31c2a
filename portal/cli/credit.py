"""`portal credit`: who has how much, and what the operator gives, takes, reverses or pays back."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from portal.cli.context import ROW_ID, USAGE, pass_services, refuse
from portal.cli.payments import Amount
from portal.domain.access import Subject
from portal.domain.credit import PostingKind
from portal.domain.credit_errors import CreditTooSmall, PostingNotReversible
from portal.domain.errors import NotFound
from portal.formats import euro, moment
from portal.store import ledger, ledger_queries
from portal.usecases import credit_corrections, wallets
from portal.wiring import Services

LISTED = 1000
REASON_LENGTH = 200
REFERENCE_LENGTH = 140
KINDS: dict[PostingKind, str] = {
    PostingKind.TOP_UP: "ricarica",
    PostingKind.LEFTOVER: "somma senza ordine",
    PostingKind.UNCLAIMED: "somma di nessuno",
    PostingKind.REFUSED: "non eseguito",
    PostingKind.WITHDRAWAL: "recesso",
    PostingKind.PURCHASE: "ordine pagato",
    PostingKind.REFUND: "rimborso",
    PostingKind.ADJUSTMENT: "rettifica",
    PostingKind.REVERSAL: "storno",
    PostingKind.EXPIRY: "scaduto",
}
REPEATED = "Già registrato: non è cambiato niente."


@click.group("credit")
def credit() -> None:
    """Il credito dei clienti: elenchi, rettifiche, storni e rimborsi."""


@credit.command("list")
@click.argument("owner", metavar="[CHI]", required=False)
@pass_services
def list_credit(services: Services, owner: str | None) -> None:
    """Elenca chi ha credito; con CHI (account o casella) i suoi movimenti, dal più recente."""
    with services.reading() as session:
        lines = _movements(session, _named(session, owner)) if owner else _wallets(session)
    for line in lines or ["Nessuno."]:
        click.echo(line)


@credit.command()
@click.argument("owner", metavar="CHI")
@click.option("--amount", "cents", type=Amount(), required=True, help="Importo in euro, per esempio 12.20.")
@click.option("--take", is_flag=True, help="Toglie invece di dare.")
@click.option("--reference", required=True, help="Vale una volta: ripeterlo non cambia niente.")
@click.option("--reason", required=True, help="Il cliente lo legge tra i suoi movimenti.")
@pass_services
def adjust(services: Services, owner: str, cents: int, take: bool, reference: str, reason: str) -> None:
    """Dà credito a CHI, o lo toglie, con un motivo."""
    identity, why = _text(reference, REFERENCE_LENGTH), _text(reason, REASON_LENGTH)
    signed = -cents if take else cents
    try:
        with services.transaction() as session:
            who = _named(session, owner)
            done = credit_corrections.adjust(session, who, signed, identity, why, now=services.now())
    except CreditTooSmall:
        refuse("Il credito non basta: non è cambiato niente.")
    click.echo(_state(services, who) if done else REPEATED)


@credit.command()
@click.argument("posting", metavar="MOVIMENTO", type=ROW_ID)
@click.option("--reason", required=True, help="Il cliente lo legge tra i suoi movimenti.")
@pass_services
def reverse(services: Services, posting: int, reason: str) -> None:
    """Storna il MOVIMENTO (il numero che «portal credit list CHI» mostra) con una scrittura contraria."""
    why = _text(reason, REASON_LENGTH)
    try:
        with services.transaction() as session:
            cents = credit_corrections.reverse(session, posting, why, now=services.now())
    except NotFound:
        refuse(f"Nessun movimento {posting} nel credito di un cliente.")
    except PostingNotReversible as refusal:
        refuse(f"Un movimento «{KINDS[refusal.posting_kind]}» non si storna.")
    except CreditTooSmall:
        refuse("Quel credito è già stato speso: non è cambiato niente.")
    click.echo(f"Stornato: {_signed(cents)}." if cents else REPEATED)


@credit.command()
@click.argument("owner", metavar="CHI")
@click.option("--amount", "cents", type=Amount(), required=True, help="Importo in euro, per esempio 12.20.")
@click.option("--reference", required=True, help="Il codice del bonifico o dello storno.")
@pass_services
def refund(services: Services, owner: str, cents: int, reference: str) -> None:
    """Segna che a CHI è stato restituito credito avanzato; il credito ricaricato non si rimborsa qui."""
    identity = _text(reference, REFERENCE_LENGTH)
    try:
        with services.transaction() as session:
            who = _named(session, owner)
            done = credit_corrections.refund(session, who, cents, identity, now=services.now())
    except CreditTooSmall:
        refuse("Il credito avanzato non basta: non è cambiato niente.")
    click.echo(_state(services, who) if done else REPEATED)


@credit.command()
@click.argument("reference", metavar="RIFERIMENTO")
@click.argument("owner", metavar="CHI")
@pass_services
def assign(services: Services, reference: str, owner: str) -> None:
    """Dà a CHI la somma arrivata senza un ordine nostro con quel RIFERIMENTO (portal payments list)."""
    try:
        with services.transaction() as session:
            who = _named(session, owner)
            cents = credit_corrections.assign(session, reference, who, now=services.now())
    except NotFound:
        refuse(f"Nessuna somma di nessuno con il riferimento «{reference}».")
    click.echo(_state(services, who) if cents else REPEATED)


def _named(session: Session, name: str) -> Subject:
    owner = ledger_queries.owner_named(session, name)
    if owner is None:
        refuse(f"Nessun account e nessuna casella «{name}».")
    return owner


def _text(text: str, most: int) -> str:
    stripped = " ".join(text.split())
    if not stripped or len(stripped) > most:
        refuse(f"Riferimento e motivo non possono essere vuoti né superare {most} caratteri.", code=USAGE)
    return stripped


def _state(services: Services, owner: Subject) -> str:
    with services.reading() as session:
        return f"Credito disponibile: {euro(wallets.balance_of(session, owner, today=services.today()))}."


def _wallets(session: Session) -> list[str]:
    held = ledger_queries.held_wallets(session, limit=LISTED)
    return [f"{one.owner}  {euro(one.balance_cents):>14}" for one in held]


def _movements(session: Session, owner: Subject) -> list[str]:
    wallet = ledger.wallet_of(session, owner)
    if wallet is None:
        return []
    found = ledger_queries.movements(session, wallet.id, before=None, limit=LISTED)
    return [
        f"{one.id:>8}  {moment(one.posted_at)}  {_signed(one.cents):>14}  {KINDS[one.kind]}"
        f"  {one.order_number or ''}  {one.reason}".rstrip()
        for one in found
    ]


def _signed(cents: int) -> str:
    return f"{'+' if cents > 0 else '-'}{euro(abs(cents))}"
