"""`portal history`: who did what from where."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from portal.cli.context import USAGE, pass_services, refuse
from portal.domain.dates import ROME
from portal.domain.errors import NotFound
from portal.domain.history import Actor, Deed
from portal.formats import moment
from portal.store.history import HistoryQuestion
from portal.usecases.history_search import FoundEvent, find, subject_named
from portal.wiring import Services

LISTED = 50
LONGEST = 10_000
DEEDS: dict[Deed, str] = {
    Deed.SIGNED_IN: "accesso",
    Deed.SIGN_IN_REFUSED: "accesso rifiutato",
    Deed.IDENTITY_CONFIRMED: "identità confermata",
    Deed.SIGNED_OUT: "uscita",
    Deed.SESSIONS_ENDED: "sessioni chiuse",
    Deed.PASSWORD_CHANGED: "password cambiata",
    Deed.RECOVERY_ASKED: "recupero chiesto",
    Deed.SECOND_STEP_ON: "secondo passo attivato",
    Deed.SECOND_STEP_OFF: "secondo passo tolto",
    Deed.SECOND_STEP_REFUSED: "secondo passo sbagliato",
    Deed.PASSKEY_ADDED: "passkey aggiunta",
    Deed.PASSKEY_REMOVED: "passkey tolta",
    Deed.PROFILE_CHANGED: "profilo cambiato",
    Deed.CONTACT_CHANGE_ASKED: "cambio di recapito chiesto",
    Deed.CONTACT_CHANGED: "recapito cambiato",
    Deed.ORDER_PLACED: "ordine",
    Deed.ORDER_CANCELLED: "ordine annullato",
    Deed.ORDER_WITHDRAWN: "recesso",
    Deed.PAYMENT_REGISTERED: "pagamento",
    Deed.AUTO_RENEWAL_ON: "rinnovo automatico attivato",
    Deed.AUTO_RENEWAL_OFF: "rinnovo automatico disattivato",
    Deed.METHOD_STORED: "metodo registrato",
    Deed.METHOD_REMOVED: "metodo rimosso",
    Deed.CALENDAR_OPENED: "indirizzo del calendario creato",
    Deed.CALENDAR_CLOSED: "indirizzo del calendario disattivato",
    Deed.DOCUMENT_ADDED: "documento caricato",
    Deed.DOCUMENT_REFUSED: "documento rifiutato",
    Deed.DOCUMENT_REMOVED: "documento eliminato",
    Deed.ACCESS_CLOSED: "account disabilitato",
    Deed.ACCESS_OPENED: "account abilitato",
    Deed.COMMAND: "comando",
}
ACTORS = {Actor.CUSTOMER: "cliente", Actor.OPERATOR: "operatore", Actor.PORTAL: "portale"}
WHAT = [deed.value for deed in Deed]
Day = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--who", metavar="NOME", default="", help="Account o casella di cui è la storia.")
@click.option(
    "--what", "deed", type=click.Choice([deed.value for deed in Deed]), help="Che cosa è stato fatto."
)
@click.option("--about", default="", help="A che cosa: un indirizzo, un numero d'ordine, un comando.")
@click.option("--address", default="", help="Da quale indirizzo IP.")
@click.option("--request", "request_id", default="", help="Nell'ambito di quale richiesta (X-Request-ID).")
@click.option("--since", type=Day, help="Dal giorno (AAAA-MM-GG).")
@click.option("--until", type=Day, help="Fino al giorno compreso (AAAA-MM-GG).")
@click.option(
    "--limit", type=click.IntRange(1, LONGEST), default=LISTED, show_default=True, help="Righe al più."
)
@pass_services
def history(
    services: Services,
    who: str,
    deed: str | None,
    about: str,
    address: str,
    request_id: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> None:
    """Mostra chi ha fatto che cosa, da dove; le righe più recenti per prime."""
    with services.reading() as session:
        try:
            subject = subject_named(session, who) if who else None
        except NotFound:
            refuse(f"Nessun account e nessuna casella si chiama «{who}».", code=USAGE)
        asked = HistoryQuestion(
            subject=subject,
            deed=Deed(deed) if deed else None,
            about=about,
            address=address,
            request_id=request_id,
            since=_midnight(since),
            until=_midnight(until, days=1),
        )
        lines = [_line(found) for found in find(session, asked, limit=limit)]
    for line in lines or ["Niente."]:
        click.echo(line)


def _midnight(day: datetime | None, *, days: int = 0) -> datetime | None:
    """Return when a civil day begins in Rome, or the day so many days later."""
    return (day + timedelta(days=days)).replace(tzinfo=ROME) if day else None


def _line(found: FoundEvent) -> str:
    event = found.event
    actor = " ".join(word for word in (ACTORS[event.actor], event.operator) if word)
    words = (
        f"{moment(event.happened_at):<24}",
        f"{_deed_words(event.deed):<28}",
        f"{found.owner or '-':<32}",
        event.about or "-",
        actor,
        event.address or "-",
        event.request_id or "-",
        repr(event.user_agent) if event.user_agent else "",
    )
    return "  ".join(words).rstrip()


def _deed_words(deed: str) -> str:
    """Return the words for a deed, its own name for one that a later version of the portal wrote."""
    return DEEDS[Deed(deed)] if deed in {*Deed} else deed
