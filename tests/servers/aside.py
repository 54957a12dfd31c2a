"""Something done in a process of its own, which may end at any line: forked from one that has all imports.

A fresh interpreter takes a second to import the portal; a fork of one that did takes hundredths of one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from multiprocessing import get_context

from tests.servers.portal import ROOT

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["workers.main", "portal.cli.payments", "tests.kills.acts"])
SECONDS = 60


def done_aside(act: Callable[..., None], *about: object, environment: Mapping[str, str]) -> int:
    """Do it with these PORTAL_* variables, and these alone, in a process of its own; return its exit code.

    `act` is a function of a module. Raises TimeoutError.
    """
    process = _CONTEXT.Process(target=_do, args=(act, about, dict(environment)), daemon=True)
    process.start()
    process.join(SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{act.__name__}: not within {SECONDS} s")
    return process.exitcode


def _do(act: Callable[..., None], about: tuple[object, ...], environment: dict[str, str]) -> None:
    os.chdir(ROOT)
    for name in [name for name in os.environ if name.startswith("PORTAL_")]:
        del os.environ[name]
    os.environ.update(environment)
    act(*about)
