"""How long a proof lasts, and how long one waits after failing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.signing_in import is_recent, wait_after

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (1, 0), (9, 0), (10, 2), (11, 4), (12, 8), (14, 32), (15, 60), (16, 60), (10_000, 60)],
)
def test_each_failure_doubles_the_wait_up_to_an_hour(failures: int, minutes: int) -> None:
    assert wait_after(failures) == timedelta(minutes=minutes)


def test_nobody_can_try_a_name_more_than_forty_times_a_day() -> None:
    tried, waited = 0, timedelta(0)
    while waited < timedelta(days=1):
        tried += 1
        waited += wait_after(tried)

    assert tried <= 40


@pytest.mark.parametrize(("seconds", "recent"), [(0, True), (899, True), (900, False), (-60, True)])
def test_a_proof_lasts_a_quarter_of_an_hour(seconds: int, recent: bool) -> None:
    assert is_recent(AT, AT + timedelta(seconds=seconds)) is recent
