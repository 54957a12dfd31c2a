"""`portal doctor`: is the daily work being done? The exit code says it to scripts."""

from __future__ import annotations

import click

from portal.cli.context import REFUSED, pass_services
from portal.usecases.checkup import Ailment, check_up
from portal.wiring import Services

NUMBERS = {
    "notices_due": "avvisi dovuti oggi",
    "notices_written": "avvisi già in un'e-mail",
    "notices_late_seconds": "secondi di attesa dell'avviso più vecchio",
    "mails_late_seconds": "secondi di attesa dell'e-mail più vecchia",
    "mails_sent": "e-mail inviate oggi",
    "mails_waiting": "e-mail di oggi ancora da inviare",
    "mails_bounced": "e-mail di oggi respinte",
    "outbox_late_seconds": "secondi di ritardo del lavoro più vecchio",
    "dead_letters": "lavori abbandonati",
    "renewals_stuck": "ordini pagati da più di un'ora e non evasi",
    "payments_unknown": "pagamenti di esito ignoto da più di un'ora",
    "clock_silent_seconds": "secondi dall'ultimo giro dell'orologio (-1: mai)",
    "jobs_undone": "lavori dell'orologio che non arrivano mai alla fine",
}
REMEDIES = {
    Ailment.CLOCK_SILENT: "L'orologio tace: avvia «portal clock».",
    Ailment.JOBS_UNDONE: "Un lavoro dell'orologio fallisce ogni volta: vedi il registro di «portal clock».",
    Ailment.NOTICES_NOT_WRITTEN: "Ci sono avvisi che nessuno scrive: controlla «portal clock».",
    Ailment.MAILS_NOT_SENT: "Le e-mail non partono: controlla i worker e il server di posta.",
    Ailment.WORK_LATE: "Il lavoro è in ritardo: controlla i worker («portal outbox list»).",
    Ailment.DEAD_LETTERS: "Ci sono lavori abbandonati: vedi «portal outbox list --failed».",
    Ailment.RENEWALS_STUCK: "Ci sono ordini pagati e non evasi: controlla la piattaforma.",
    Ailment.PAYMENTS_UNKNOWN: "Ci sono pagamenti di esito ignoto: chiedi al gestore.",
}


@click.command()
@pass_services
def doctor(services: Services) -> None:
    """Dice se il lavoro di ogni giorno viene fatto; esce con 1 se qualcuno deve guardare."""
    with services.reading() as session:
        found = check_up(session, now=services.now())
    for name, number in found.numbers.items():
        click.echo(f"{number:>8}  {NUMBERS[name]}")
    for ailment in found.ailments:
        click.secho(REMEDIES[ailment], fg="red", err=True)
    if found.ailments:
        raise SystemExit(REFUSED)
    click.secho("Tutto a posto.", fg="green")
