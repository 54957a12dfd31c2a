"""Lines at which a process can be made to end: never by accident, never with customers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from portal.failpoints import KILLED, Failpoint, reach
from portal.settings import Settings, SettingsError, read_settings
from portal.wiring import build_services

DEMO = {"PORTAL_DEMO": "yes", "PORTAL_SECRET_KEY": "a secret key for the tests and for nothing else"}
REACH = """
from portal.failpoints import Failpoint, arm, reach
{}
for point in Failpoint:
    reach(point)
"""


@pytest.mark.parametrize("demo", ["no", ""])
def test_an_installation_with_customers_does_not_start_with_one(demo: str) -> None:
    named = DEMO | {"PORTAL_DEMO": demo, "PORTAL_BANK_IBAN": "IT60X0542811101000000123456"}

    with pytest.raises(SettingsError, match="PORTAL_FAILPOINT"):
        read_settings(named | {"PORTAL_FAILPOINT": "order.stored"})


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"order\.committed"):
        read_settings(DEMO | {"PORTAL_FAILPOINT": "order.committd"})


@pytest.mark.parametrize("point", [None, *Failpoint])
def test_the_demo_takes_the_name_or_nothing(point: Failpoint | None) -> None:
    assert read_settings(DEMO | {"PORTAL_FAILPOINT": point or ""}).failpoint is point


def test_services_without_one_disarm_the_process(settings: Settings) -> None:
    build_services(replace(settings, failpoint=Failpoint.ORDER_STORED))
    build_services(settings)

    assert settings.failpoint is None
    for point in Failpoint:
        reach(point)


@pytest.mark.parametrize(("armed", "code"), [("", 0), ("arm(Failpoint.ORDER_TOLD)", KILLED)])
def test_an_armed_process_ends_there_and_any_other_goes_on(armed: str, code: int) -> None:
    assert subprocess.run([sys.executable, "-c", REACH.format(armed)], check=False).returncode == code
