"""Trying passwords is limited; the owner is not kept out (S13, S14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from portal.app import create_app
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People
from tests.servers.valkey import ValkeyServer

WRONG = "sbagliata e anche lunga"


@pytest.fixture(autouse=True)
def quick_checks(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of attempts: one argon2 check each would take a minute and prove nothing here."""
    right = services.hasher.verify

    def verify(stored_hash: str | None, password: str) -> bool:
        return password == PASSWORD and right(stored_hash, password)

    monkeypatch.setattr(services.hasher, "verify", verify)


def attempts(app: Flask, identifiers: list[str], *, addresses: Callable[[int], str]) -> list[int]:
    """Fail with each name, the n-th time from `addresses(n)`; return the answers' statuses."""
    attacker, statuses = Browser(app), []
    token = attacker.token()
    for place, identifier in enumerate(identifiers):
        attacker.address = addresses(place)
        fields = {"identifier": identifier, "password": WRONG}
        statuses.append(attacker.post("/accedi", fields, token=token).status_code)
    return statuses


def test_ten_failures_close_a_name_to_strangers(app: Flask, people: People) -> None:
    name = people.owner.identifier

    statuses = attempts(app, [name] * 12, addresses=lambda place: f"10.0.{place}.1")

    assert statuses == [422] * 10 + [429] * 2


def test_the_right_password_is_refused_too(app: Flask, people: People) -> None:
    name = people.owner.identifier
    attempts(app, [name] * 10, addresses=lambda place: f"10.0.{place}.1")

    stranger = Browser(app, address="10.9.9.9")
    answer = stranger.sign_in(name, PASSWORD)

    assert answer.status_code == 429
    assert not stranger.is_signed_in


@pytest.mark.parametrize("typed", [" 111111@aruba.it", "111111@ARUBA.IT"])
def test_another_spelling_is_the_same_name(app: Flask, people: People, typed: str) -> None:
    attempts(app, [people.owner.identifier] * 10, addresses=lambda place: f"10.0.{place}.1")

    assert Browser(app).sign_in(typed, PASSWORD).status_code == 429


def test_a_name_that_does_not_exist_is_limited_alike(app: Flask, people: People) -> None:
    statuses = attempts(app, ["999999@aruba.it"] * 11, addresses=lambda place: f"10.0.{place}.1")

    assert statuses == [422] * 10 + [429]


def test_one_name_closed_leaves_the_others_open(app: Flask, people: People) -> None:
    attempts(app, [people.owner.identifier] * 10, addresses=lambda place: f"10.0.{place}.1")

    assert Browser(app).sign_in(people.other.identifier, PASSWORD).status_code == 303


def test_one_password_on_many_names_is_limited_by_address(app: Flask, people: People) -> None:
    names = [f"{300_000 + number}@aruba.it" for number in range(45)]

    statuses = attempts(app, names, addresses=lambda place: "10.0.0.1")

    assert statuses == [422] * 40 + [429] * 5


def test_a_network_of_ipv6_is_one_address(app: Flask, people: People) -> None:
    names = [f"{300_000 + number}@aruba.it" for number in range(41)]

    statuses = attempts(app, names, addresses=lambda place: f"2001:db8:0:1::{place:x}")

    assert statuses[-1] == 429
    assert (
        Browser(app, address="2001:db8:0:2::1").sign_in(people.owner.identifier, PASSWORD).status_code == 303
    )


def test_a_success_does_not_start_the_count_again(app: Flask, people: People) -> None:
    names = [f"{300_000 + number}@aruba.it" for number in range(40)]
    attempts(app, names[:39], addresses=lambda place: "10.0.0.1")

    Browser(app, address="10.0.0.1").sign_in(people.owner.identifier, PASSWORD)

    assert attempts(app, names[38:], addresses=lambda place: "10.0.0.1") == [422, 429]


def test_successes_are_not_counted(app: Flask, people: People) -> None:
    name = people.owner.identifier

    statuses = [Browser(app).sign_in(name, PASSWORD).status_code for _ in range(11)]

    assert statuses == [303] * 11


def test_the_owner_still_enters_from_a_known_browser(app: Flask, people: People) -> None:
    known = Browser(app, address="10.5.5.5")
    known.sign_in(people.owner.identifier, PASSWORD)
    known.post("/esci")

    attempts(app, [people.owner.identifier] * 11, addresses=lambda place: f"10.0.{place}.1")

    assert known.sign_in(people.owner.identifier, PASSWORD).status_code == 303


def test_a_known_browser_is_limited_as_well(app: Flask, people: People) -> None:
    known = Browser(app)
    known.sign_in(people.owner.identifier, PASSWORD)
    known.post("/esci")

    statuses = [known.sign_in(people.owner.identifier, WRONG).status_code for _ in range(11)]

    assert statuses == [422] * 10 + [429]


def test_a_browser_known_to_one_name_is_a_stranger_to_another(app: Flask, people: People) -> None:
    known = Browser(app, address="10.5.5.5")
    known.sign_in(people.other.identifier, PASSWORD)
    known.post("/esci")
    attempts(app, [people.owner.identifier] * 10, addresses=lambda place: f"10.0.{place}.1")

    assert known.sign_in(people.owner.identifier, PASSWORD).status_code == 429


def test_the_device_cookie_alone_lets_nobody_in(app: Flask, people: People) -> None:
    known = Browser(app)
    known.sign_in(people.owner.identifier, PASSWORD)
    device = known.client.get_cookie("portal_device")
    assert device is not None

    thief = Browser(app)
    thief.client.set_cookie("portal_device", device.value)

    assert not thief.is_signed_in
    assert people.owner.identifier not in device.value


def test_the_page_says_how_long_to_wait(app: Flask, people: People) -> None:
    attempts(app, [people.owner.identifier] * 10, addresses=lambda place: f"10.0.{place}.1")

    answer = Browser(app).sign_in(people.owner.identifier, PASSWORD)

    seconds = int(answer.headers["Retry-After"])
    assert 1 <= seconds <= 900
    assert f"Riprova tra {-(-seconds // 60)} minuti" in answer.text


def test_what_is_refused_does_not_prolong_the_wait(app: Flask, people: People) -> None:
    name = people.owner.identifier
    attempts(app, [name] * 10, addresses=lambda place: f"10.0.{place}.1")
    first = int(Browser(app).sign_in(name, PASSWORD).headers["Retry-After"])

    attempts(app, [name] * 20, addresses=lambda place: f"10.1.{place}.1")

    assert int(Browser(app).sign_in(name, PASSWORD).headers["Retry-After"]) <= first


def test_forwarded_addresses_of_strangers_are_not_believed(app: Flask, people: People) -> None:
    attacker = Browser(app, address="10.0.0.1")
    token, statuses = attacker.token(), []
    for place in range(41):
        fields = {"identifier": f"{300_000 + place}@aruba.it", "password": WRONG}
        made_up = {"X-Forwarded-For": f"10.7.{place}.1", "X-Real-IP": f"10.8.{place}.1"}
        statuses.append(attacker.post("/accedi", fields, token=token, headers=made_up).status_code)

    assert statuses[-1] == 429


def test_without_redis_the_counting_goes_on(services: Services, people: People) -> None:
    settings = replace(services.settings, redis_url="redis://127.0.0.1:1/0")
    app = create_app(replace(services, settings=settings))

    statuses = attempts(app, [people.owner.identifier] * 12, addresses=lambda place: f"10.0.{place}.1")

    assert set(statuses[:10]) == {422}
    assert statuses[-1] == 429


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    server = ValkeyServer().start()
    yield server
    server.remove()


def test_r13_with_a_full_redis_the_counting_goes_on(
    services: Services, people: People, valkey: ValkeyServer
) -> None:
    app = create_app(replace(services, settings=replace(services.settings, redis_url=valkey.url)))
    valkey.fill()
    attacker = Browser(app, address="10.0.0.1")
    token, statuses = attacker.token(), []
    for place in range(42):
        fields = {"identifier": f"{300_000 + place}@aruba.it", "password": WRONG}
        statuses.append(attacker.post("/accedi", fields, token=token).status_code)

    assert (statuses[0], statuses[-1]) == (422, 429)
    assert Browser(app, address="10.9.9.9").sign_in(people.other.identifier, PASSWORD).status_code == 303


def test_a_name_stays_closed_when_valkey_dies(
    services: Services, people: People, valkey: ValkeyServer
) -> None:
    app = create_app(replace(services, settings=replace(services.settings, redis_url=valkey.url)))
    name = people.owner.identifier
    before = attempts(app, [name] * 8, addresses=lambda place: f"10.0.{place}.1")

    valkey.kill()
    after = attempts(app, [name] * 4, addresses=lambda place: f"10.1.{place}.1")

    assert (before, after) == ([422] * 8, [422] * 2 + [429] * 2)
    assert Browser(app, address="10.9.9.9").sign_in(people.other.identifier, PASSWORD).status_code == 303
