"""What every command shares: the services of this installation, and how it says no."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, NoReturn, ParamSpec, TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from portal.cli.changing import CHANGING
from portal.demo.calendar import DemoClock
from portal.demo.environment import demo_environment
from portal.domain.history import Deed, Origin
from portal.settings import Settings, SettingsError, read_settings
from portal.usecases.history import by_operator, come_from, record
from portal.wiring import Services, build_services, system_clock

REFUSED = 1
"""Exit code: the input was understood and refused, and nothing was changed."""
ROW_ID = click.IntRange(1, 2**31 - 1)
"""The number of a row, as lists show it."""
USAGE = 2
"""Exit code: the command line or the settings are wrong."""

P = ParamSpec("P")
R = TypeVar("R")


def pass_services(command: Callable[Concatenate[Services, P], R]) -> Callable[P, R]:
    """Give a command the services as its first argument and let go of the database afterwards.

    A test gives its own by `CliRunner().invoke(main, [...], obj=services)`.
    """

    @wraps(command)
    def with_services(*arguments: P.args, **options: P.kwargs) -> R:
        context = click.get_current_context()
        services = context.find_object(Services) or _own_services(context)
        come_from(by_operator(getpass.getuser(), secrets.token_hex(8)))
        try:
            _write_down(services, context)
            return command(services, *arguments, **options)
        except (OperationalError, ProgrammingError) as failure:
            refuse(f"Base di dati: {failure.orig}. {_way_out(failure)}", code=USAGE)
        finally:
            come_from(Origin())

    return with_services


def _write_down(services: Services, context: click.Context) -> None:
    """Write into the history that a command which changes something was given, whatever will come of it."""
    words = context.command_path.split()[1:]
    if " ".join(words) not in CHANGING:
        return
    named = [str(context.params.get(each.name or "")) for each in _arguments(context)]
    with services.transaction() as session:
        record(session, Deed.COMMAND, None, now=services.now(), about=" ".join([*words, *named]))


def _arguments(context: click.Context) -> list[click.Parameter]:
    """Return what a command is about; options may carry more words than a history should keep."""
    return [each for each in context.command.params if isinstance(each, click.Argument)]


def _way_out(failure: OperationalError | ProgrammingError) -> str:
    """Return what to try: tables are missing, or the database is busy or away."""
    if isinstance(failure, ProgrammingError) or "no such" in str(failure.orig):
        return "Serve «portal db upgrade»?"
    return "Riprova; l'ultima operazione non è stata scritta."


def _own_services(context: click.Context) -> Services:
    settings = installation_settings(demo=context.find_root().params["demo"])
    clock = DemoClock(settings.data_folder, system_clock) if settings.demo else system_clock
    services = build_services(settings, clock=clock)
    context.call_on_close(services.engine.dispose)
    return services


def installation_settings(*, demo: bool) -> Settings:
    """Return the settings of this installation, or of the demo on this machine; exit 2 when wrong."""
    try:
        return read_settings(demo_environment(os.environ) if demo else os.environ)
    except SettingsError as wrong:
        refuse(f"Configurazione: {wrong}", code=USAGE)


def refuse(sentence: str, *, code: int = REFUSED) -> NoReturn:
    """Say on the error stream why the command stops, and stop it."""
    click.secho(sentence, err=True, fg="red")
    raise SystemExit(code)
