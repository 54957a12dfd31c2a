"""`portal accounts` and `portal mailboxes`: who may enter, and with which password."""

from __future__ import annotations

import sys

import click

from portal.cli.context import pass_services, refuse
from portal.domain.access import Subject
from portal.domain.errors import NotFound
from portal.domain.passwords import LONGEST, SHORTEST, PasswordProblem
from portal.elision import led
from portal.formats import moment
from portal.usecases.access import set_password
from portal.usecases.accounts import account_subject, disable, enable, every_account, mailbox_subject
from portal.usecases.passwords import problem_with
from portal.usecases.second_steps import remove_all
from portal.wiring import Services

SENTENCES: dict[PasswordProblem, str] = {
    PasswordProblem.TOO_SHORT: f"La password ha meno di {SHORTEST} caratteri: una breve frase va bene.",
    PasswordProblem.TOO_LONG: f"La password supera {LONGEST} caratteri.",
    PasswordProblem.TRIED_FIRST: (
        "La password è fatta di parole che si provano per prime (nomi, sequenze, «password»…):"
        " scegline un'altra."
    ),
    PasswordProblem.STOLEN: (
        "La password è negli elenchi di quelle rubate altrove, che si provano per prime: scegline un'altra."
    ),
}
NO_ACCOUNT = "Nessun account si chiama «{name}»."
NO_MAILBOX = "Nessuna casella ha l'indirizzo «{name}»."

from_stdin = click.option(
    "--stdin", "piped", is_flag=True, help="Legge la password dalla prima riga dell'ingresso, senza chiedere."
)


@click.group("accounts")
def accounts() -> None:
    """Account dei clienti: elenco, password, blocco."""


@click.group("mailboxes")
def mailboxes() -> None:
    """Caselle: password per l'accesso."""


@accounts.command("list")
@pass_services
def list_accounts(services: Services) -> None:
    """Elenca gli account: caselle, e-mail e se possono entrare."""
    with services.reading() as session:
        for line in every_account(session):
            state = "attivo" if line.has_password else "senza password"
            if line.disabled_at:
                state = f"disabilitato {led('il', moment(line.disabled_at))}"
            click.echo(f"{line.username:<28} {line.mailboxes:>7} caselle  {line.email:<40} {state}")


@accounts.command("set-password")
@click.argument("username", metavar="ACCOUNT")
@from_stdin
@pass_services
def set_account_password(services: Services, username: str, piped: bool) -> None:
    """Dà una nuova password a un account; chi era entrato con la vecchia è fuori."""
    with services.reading() as session:
        try:
            subject = account_subject(session, username)
        except NotFound:
            refuse(NO_ACCOUNT.format(name=username))
    _store_password(services, subject, username, piped=piped)


@mailboxes.command("set-password")
@click.argument("address", metavar="INDIRIZZO")
@from_stdin
@pass_services
def set_mailbox_password(services: Services, address: str, piped: bool) -> None:
    """Dà una nuova password a una casella per il portale; chi era entrato con la vecchia è fuori."""
    with services.reading() as session:
        try:
            subject = mailbox_subject(session, address)
        except NotFound:
            refuse(NO_MAILBOX.format(name=address))
    _store_password(services, subject, address, piped=piped)


@accounts.command("remove-second-step")
@click.argument("username", metavar="ACCOUNT")
@pass_services
def remove_account_second_step(services: Services, username: str) -> None:
    """Toglie la verifica in due passaggi a un account, dopo che l'assistenza ha accertato chi lo chiede."""
    with services.transaction() as session:
        try:
            removed = remove_all(session, account_subject(session, username), now=services.now())
        except NotFound:
            refuse(NO_ACCOUNT.format(name=username))
    _say_removed(username, removed)


@mailboxes.command("remove-second-step")
@click.argument("address", metavar="INDIRIZZO")
@pass_services
def remove_mailbox_second_step(services: Services, address: str) -> None:
    """Toglie la verifica in due passaggi a una casella, dopo che l'assistenza ha accertato chi lo chiede."""
    with services.transaction() as session:
        try:
            removed = remove_all(session, mailbox_subject(session, address), now=services.now())
        except NotFound:
            refuse(NO_MAILBOX.format(name=address))
    _say_removed(address, removed)


@accounts.command("disable")
@click.argument("username", metavar="ACCOUNT")
@pass_services
def disable_account(services: Services, username: str) -> None:
    """Tiene fuori un account, da subito; le sue caselle continuano a poter entrare da sole."""
    with services.transaction() as session:
        try:
            is_new = disable(session, username, now=services.now())
        except NotFound:
            refuse(NO_ACCOUNT.format(name=username))
    click.echo(f"Account {username}: {'disabilitato' if is_new else 'era già disabilitato'}.")


@accounts.command("enable")
@click.argument("username", metavar="ACCOUNT")
@pass_services
def enable_account(services: Services, username: str) -> None:
    """Lascia entrare di nuovo un account."""
    with services.transaction() as session:
        try:
            is_new = enable(session, username, now=services.now())
        except NotFound:
            refuse(NO_ACCOUNT.format(name=username))
    click.echo(f"Account {username}: {'abilitato' if is_new else 'era già abilitato'}.")


def _say_removed(name: str, removed: bool) -> None:
    state = "tolta; le sessioni aperte sono state chiuse" if removed else "non era attiva"
    click.echo(f"Verifica in due passaggi di {name.strip().lower()}: {state}.")


def _store_password(services: Services, subject: Subject, name: str, *, piped: bool) -> None:
    password = _password(piped=piped)
    brand = services.settings.brand
    problem = problem_with(password, (name, brand.name, brand.account_domain), services.stolen)
    if problem is not None:
        refuse(SENTENCES[problem])
    new_hash = services.hasher.hash(password)
    with services.transaction() as session:
        set_password(session, subject, new_hash, now=services.now())
    click.echo(f"Password di {name.strip().lower()} cambiata; le sessioni aperte sono state chiuse.")


def _password(*, piped: bool) -> str:
    """Return the new password: asked twice, or the first line of what is piped in, blanks included."""
    if piped:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(
        "Nuova password",
        hide_input=True,
        confirmation_prompt="Ancora una volta",
        default="",
        show_default=False,
    )
    return asked
