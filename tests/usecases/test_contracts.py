"""Agreeing to the contract: all three texts, those in force, written down once with the order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select

from portal.domain.contracts import Agreement, ContractKind
from portal.domain.errors import ContractChanged, ContractMissing, ContractNotAccepted, NotFound
from portal.store.contracts import ContractAcceptance, ContractText, acceptances_of
from portal.store.orders import Order
from portal.usecases import contracts
from portal.wiring import Services
from tests.factories import TODAY, make_contracts
from tests.usecases.carts import ADDRESS, Cart, agreement, choose_transfer, fill_cart, place, shown

GENERAL, ONEROUS, PRIVACY = ContractKind


def ready(services: Services) -> Cart:
    cart = fill_cart(services, {})
    choose_transfer(services, cart)
    return cart


def count(services: Services, table: type) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def new_version(services: Services, kind: ContractKind, **fields: object) -> ContractText:
    with services.transaction() as session:
        (text,) = make_contracts(session, kind, **({"version": "2", "valid_from": TODAY} | fields))
        return text


def test_the_acceptance_is_written_with_the_order(services: Services) -> None:
    cart = ready(services)
    agreed = agreement(services, cart)

    order = place(services, cart, agreed=agreed)

    with services.reading() as session:
        found = acceptances_of(session, order.id)
    assert [text.kind for _, text in found] == list(ContractKind)
    assert {kind: row.text_id for (row, _), kind in zip(found, ContractKind, strict=True)} == agreed.shown
    assert {(row.accepted_at, row.address, row.account_id, row.mailbox_id) for row, _ in found} == {
        (services.now(), ADDRESS, cart.subject.account_id, None)
    }


def test_confirming_twice_records_it_once(services: Services) -> None:
    cart = ready(services)
    agreed, seen = agreement(services, cart), shown(services, cart)

    first, second = place(services, cart, seen, agreed), place(services, cart, seen, agreed)

    assert first.id == second.id
    assert count(services, ContractAcceptance) == 3


@pytest.mark.parametrize(
    "left_out", [[GENERAL], [ONEROUS], [PRIVACY], [GENERAL, PRIVACY], list(ContractKind)]
)
def test_all_three_are_needed(services: Services, left_out: list[ContractKind]) -> None:
    cart = ready(services)
    agreed = agreement(services, cart)
    some = replace(agreed, accepted=agreed.accepted - set(left_out))

    with pytest.raises(ContractNotAccepted) as refusal:
        place(services, cart, agreed=some)

    assert refusal.value.kinds == left_out
    assert count(services, Order) == count(services, ContractAcceptance) == 0


def test_a_version_of_meanwhile_stops_the_order(services: Services) -> None:
    cart = ready(services)
    agreed = agreement(services, cart)
    new_version(services, ONEROUS)

    with pytest.raises(ContractChanged) as refusal:
        place(services, cart, agreed=agreed)

    assert refusal.value.kinds == [ONEROUS]
    assert count(services, Order) == 0
    assert place(services, cart).id


def test_a_future_version_does_not_count_yet(services: Services) -> None:
    cart = ready(services)
    future = new_version(services, PRIVACY, valid_from=TODAY.replace(year=2027))
    agreed = agreement(services, cart)

    with pytest.raises(ContractChanged):
        place(services, cart, agreed=replace(agreed, shown={**agreed.shown, PRIVACY: future.id}))
    assert place(services, cart, agreed=agreed).id


@pytest.mark.parametrize("wrong", [0, 999_999, "swapped", "nothing"])
def test_a_tampered_text_is_refused(services: Services, wrong: int | str) -> None:
    cart = ready(services)
    agreed = agreement(services, cart)
    shown = {"swapped": dict(agreed.shown) | {GENERAL: agreed.shown[PRIVACY]}, "nothing": {}}.get(
        str(wrong), dict(agreed.shown) | {GENERAL: wrong if isinstance(wrong, int) else 0}
    )

    with pytest.raises(ContractChanged):
        place(services, cart, agreed=Agreement(shown, agreed.accepted, ADDRESS))


@pytest.mark.parametrize("kind", ContractKind)
def test_without_a_text_nothing_is_sold(services: Services, kind: ContractKind) -> None:
    cart = ready(services)
    with services.transaction() as session:
        session.execute(delete(ContractText).where(ContractText.kind == kind))

    with pytest.raises(ContractMissing) as refusal:
        place(services, cart)

    assert refusal.value.kinds == [kind]


def test_texts_are_in_the_customers_language_where_there_are_such(services: Services) -> None:
    cart = ready(services)
    english = new_version(services, GENERAL, language="en")

    with services.reading() as session:
        texts = contracts.texts_to_accept(session, today=TODAY, language="en")

    assert [text.language for text in texts] == ["en", "it", "it"]
    assert texts[0].id == english.id
    assert place(services, cart).id


def test_a_text_of_the_future_is_not_to_be_seen(services: Services) -> None:
    text = new_version(services, PRIVACY, valid_from=TODAY.replace(year=2027))

    with services.reading() as session, pytest.raises(NotFound):
        contracts.look_at_text(session, text.name, today=TODAY)
