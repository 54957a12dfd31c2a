"""One contract for every gateway: the same request again, faults of every kind, what its answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from portal.adapters.gateways.paypal.gateway import SIGNED_BY, PayPalGateway
from portal.adapters.gateways.signatures import signed
from portal.adapters.gateways.simulated.gateway import DECLINED_TOKEN, PAID, SimulatedGateway
from portal.adapters.gateways.stripe.gateway import StripeGateway
from portal.adapters.outside import CalledInsideTransaction
from portal.domain.attempts import Failure, Standing
from portal.domain.payments import PaymentMethod
from portal.gateway_settings import PayPalAccount, StripeAccount
from portal.ports import (
    GatewayReport,
    MethodToken,
    PaymentGateway,
    PaymentRequest,
    RefundReport,
    RefundRequest,
    Rejected,
    Unavailable,
    Unreachable,
)
from portal.store.session import make_engine, transaction
from tests.conftest import Clock
from tests.servers import paypal_fake, stripe_fake
from tests.servers.gateways import Fault
from tests.servers.paypal_fake import FakePayPal
from tests.servers.stripe_fake import FakeStripe

KINDS = ["simulated", "stripe", "paypal"]
REMOTE = ["stripe", "paypal"]
TIMEOUT_SECONDS = 1
PAYPAL_HEADERS = [f"paypal-{name.replace('_', '-')}" for name in SIGNED_BY]


class Outside(Protocol):
    """The gateway's own side: what customers decide, what it sends, what it took."""

    def decide(self, page: str, failure: str = "", *, later: bool = False) -> None: ...

    def bank_answers(self, page: str) -> None: ...

    def event(self, reference: str, event_id: str = "evt_1") -> tuple[dict[str, str], bytes]: ...


@dataclass
class Contract:
    """An adapter and the gateway on its other side."""

    gateway: PaymentGateway
    outside: Any
    clock: Clock
    declined: MethodToken

    def request(self, **fields: Any) -> PaymentRequest:
        values: dict[str, Any] = {
            "reference": "p-0001",
            "method": PaymentMethod.PAYPAL if self.gateway.name == "paypal" else PaymentMethod.CARD,
            "amount_cents": 610,
            "about": "ABCDEFGHJK",
            "return_url": "http://localhost/ordini/ABCDEFGHJK/pagamento/p-0001",
            "opened_at": self.clock(),
        }
        return PaymentRequest(**values | fields)

    def opened(self, **fields: Any) -> tuple[PaymentRequest, str]:
        """Return a request whose page is open, and the page."""
        request = self.request(**fields)
        page = self.gateway.start(request)
        return replace(request, key=page.key), page.url


class SimulatedOutside:
    """The demo's page, driven by hand."""

    def __init__(self, gateway: SimulatedGateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    def decide(self, page: str, failure: str = "", *, later: bool = False) -> None:
        decision = Failure.INSUFFICIENT_FUNDS if failure else PAID
        self._gateway.decide(page.rsplit("/", 1)[1], decision, after_seconds=20 if later else 0)

    def bank_answers(self, page: str) -> None:
        self._clock.forward(seconds=20)

    def event(self, reference: str, event_id: str = "evt_1") -> tuple[dict[str, str], bytes]:
        return self._gateway.event(reference, event_id)


@pytest.fixture
def stripe(clock: Clock) -> Iterator[FakeStripe]:
    fake = FakeStripe(clock)
    yield fake
    fake.stop()


@pytest.fixture
def paypal() -> Iterator[FakePayPal]:
    fake = FakePayPal()
    yield fake
    fake.stop()


@pytest.fixture(params=KINDS)
def contract(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Contract:
    """Each gateway in turn."""
    if request.param == "stripe":
        return stripe_contract(request.getfixturevalue("stripe"), clock)
    if request.param == "paypal":
        return paypal_contract(request.getfixturevalue("paypal"), clock)
    gateway = SimulatedGateway(tmp_path / "gateway.db", "http://localhost/demo/cassa/", "secret", clock)
    outside = SimulatedOutside(gateway, clock)
    return Contract(gateway, outside, clock, MethodToken(DECLINED_TOKEN, "customer"))


def stripe_contract(fake: FakeStripe, clock: Clock, api: str = "") -> Contract:
    account = StripeAccount("sk_test_1", stripe_fake.WEBHOOK_SECRET, api=api or fake.url, pages=fake.url)
    declined = MethodToken(stripe_fake.DECLINED_METHOD, "cus_1")
    return Contract(StripeGateway(account, TIMEOUT_SECONDS), fake, clock, declined)


def paypal_contract(fake: FakePayPal, clock: Clock, api: str = "") -> Contract:
    account = PayPalAccount("client", "secret", "webhook-1", api=api or fake.url, pages=fake.url)
    declined = MethodToken(paypal_fake.DECLINED_METHOD, "customer-1")
    return Contract(PayPalGateway(account, TIMEOUT_SECONDS, clock), fake, clock, declined)


def test_the_same_request_again_is_the_same_page(contract: Contract) -> None:
    first, second = (contract.gateway.start(contract.request()) for _ in range(2))

    assert first == second
    assert first.url.startswith("http")


def test_a_page_that_waits_is_open_and_can_be_gone_back_to(contract: Contract) -> None:
    request, page = contract.opened()

    report = contract.gateway.ask(request)

    assert (report.standing, report.key, report.page_url) == (Standing.OPEN, request.key, page)


def test_what_was_paid_is_done_with_its_amount(contract: Contract) -> None:
    request, page = contract.opened()
    contract.outside.decide(page)

    for _ in range(2):
        report = contract.gateway.ask(request)
        assert report == GatewayReport(Standing.DONE, request.key, amount_cents=610, currency="EUR")


def test_what_was_declined_has_failed_with_a_class_of_reason(contract: Contract) -> None:
    request, page = contract.opened()
    contract.outside.decide(page, "insufficient_funds")

    report = contract.gateway.ask(request)

    expected = Failure.REFUSED if contract.gateway.name == "paypal" else Failure.INSUFFICIENT_FUNDS
    assert (report.standing, report.failure) == (Standing.FAILED, expected)


def test_a_bank_that_takes_its_time_is_waited_for(contract: Contract) -> None:
    request, page = contract.opened()
    contract.outside.decide(page, later=True)
    assert contract.gateway.ask(request).standing is Standing.PROCESSING

    contract.outside.bank_answers(page)

    assert contract.gateway.ask(request).standing is Standing.DONE


def test_what_it_never_heard_of_is_missing(contract: Contract) -> None:
    assert contract.gateway.ask(contract.request(reference="p-other")).standing is Standing.MISSING


def test_a_closed_page_takes_no_money_any_more(contract: Contract) -> None:
    request, page = contract.opened()

    report = contract.gateway.close(request)
    contract.outside.decide(page)

    assert (report.standing, report.failure) == (Standing.FAILED, Failure.ABANDONED)
    assert contract.gateway.ask(replace(request, may_charge=False)).standing is Standing.FAILED


def test_closing_what_was_paid_says_so(contract: Contract) -> None:
    request, page = contract.opened()
    contract.outside.decide(page)

    assert contract.gateway.close(request).standing is Standing.DONE


def test_a_method_is_kept_only_where_it_was_agreed(contract: Contract) -> None:
    plain, plain_page = contract.opened(reference="p-plain")
    keeping, keeping_page = contract.opened(reference="p-keeping", keeps_method=True)
    contract.outside.decide(plain_page)
    contract.outside.decide(keeping_page)

    kept = contract.gateway.ask(keeping).kept

    assert contract.gateway.ask(plain).kept is None
    assert kept is not None
    assert kept.token.token
    assert len(kept.last_four) in (0, 4)
    if contract.gateway.name != "paypal":
        assert (kept.brand, kept.last_four) == ("Visa", "4242")
        assert kept.expires_on is not None
        assert kept.expires_on > date(2026, 12, 31)


def test_for_nothing_a_method_is_stored(contract: Contract) -> None:
    request, page = contract.opened(reference="m-0001", amount_cents=0, about="", keeps_method=True)
    assert contract.gateway.ask(request).standing is Standing.OPEN
    contract.outside.decide(page)

    report = contract.gateway.ask(request)

    assert (report.standing, report.amount_cents) == (Standing.DONE, 0)
    assert report.kept is not None
    assert report.kept.token.token


def test_a_stored_method_is_charged_once_a_reference(contract: Contract) -> None:
    method = MethodToken("pm_1", "cus_1")

    reports = [contract.gateway.charge(contract.request(), method) for _ in range(3)]

    assert {report.standing for report in reports} == {Standing.DONE}
    assert {report.amount_cents for report in reports} == {610}
    if contract.gateway.name != "simulated":
        assert contract.outside.charged == [610]


def test_a_charge_that_is_refused_has_failed(contract: Contract) -> None:
    report = contract.gateway.charge(contract.request(), contract.declined)

    assert report.standing is Standing.FAILED
    assert report.failure in (Failure.REFUSED, Failure.INSUFFICIENT_FUNDS)


def paid(contract: Contract) -> PaymentRequest:
    """Return a payment of 6.10 euros that was made."""
    request, page = contract.opened()
    contract.outside.decide(page)
    assert contract.gateway.ask(request).standing is Standing.DONE
    return request


def given_back(contract: Contract) -> list[int]:
    if contract.gateway.name == "simulated":
        assert isinstance(contract.gateway, SimulatedGateway)
        return [cents for _, cents in contract.gateway.refunds()]
    return list(contract.outside.refunded)


def test_a_refund_is_made_once_a_reference(contract: Contract) -> None:
    request = RefundRequest("r-0001", 600, paid(contract))

    reports = [contract.gateway.refund(request) for _ in range(3)]

    assert {report.standing for report in reports} == {Standing.DONE}
    assert len({report.key for report in reports}) == 1
    assert given_back(contract) == [600]


def test_more_than_was_paid_does_not_go_back(contract: Contract) -> None:
    payment = paid(contract)
    contract.gateway.refund(RefundRequest("r-0001", 600, payment))

    try:
        report = contract.gateway.refund(RefundRequest("r-0002", 11, payment))
    except Rejected:
        report = RefundReport(Standing.FAILED)

    assert report.standing is Standing.FAILED
    assert given_back(contract) == [600]


@pytest.mark.parametrize("contract", REMOTE, indirect=True)
def test_a_refund_of_what_was_never_paid_is_refused(contract: Contract) -> None:
    request, _ = contract.opened()

    with pytest.raises(Rejected):
        contract.gateway.refund(RefundRequest("r-0001", 610, request))


@pytest.mark.parametrize(
    ("contract", "status", "standing"),
    [
        ("stripe", "pending", Standing.PROCESSING),
        ("stripe", "failed", Standing.FAILED),
        ("paypal", "PENDING", Standing.PROCESSING),
        ("paypal", "FAILED", Standing.FAILED),
    ],
    indirect=["contract"],
)
def test_a_bank_may_take_its_time_or_refuse_a_refund(
    contract: Contract, status: str, standing: Standing
) -> None:
    contract.outside.refund_status = status

    report = contract.gateway.refund(RefundRequest("r-0001", 610, paid(contract)))

    assert report.standing is standing
    assert bool(report.words) is (standing is Standing.FAILED)


@pytest.mark.parametrize("contract", REMOTE, indirect=True)
@pytest.mark.parametrize("fault", list(Fault))
def test_r04_after_any_fault_a_refund_is_found_or_done_once(contract: Contract, fault: Fault) -> None:
    request = RefundRequest("r-0001", 610, paid(contract))
    contract.outside.fail_next(fault)

    with pytest.raises(Unavailable):
        contract.gateway.refund(request)

    was_done = fault in (Fault.ERROR_AFTER, Fault.SILENT_AFTER, Fault.VANISHES)
    assert given_back(contract) == ([610] if was_done else [])
    if fault is Fault.ERROR_BEFORE and contract.gateway.name == "stripe":
        with pytest.raises(Unavailable):  # it repeats its own error to the same key for a day
            contract.gateway.refund(request)
        assert given_back(contract) == []
    else:
        assert contract.gateway.refund(request).standing is Standing.DONE
        assert given_back(contract) == [610]


@pytest.mark.parametrize("contract", REMOTE, indirect=True)
def test_a_refund_is_made_once_though_the_gateway_has_forgotten_its_key(contract: Contract) -> None:
    request = RefundRequest("r-0001", 300, paid(contract))
    first = contract.gateway.refund(request)

    contract.outside.forget_keys()
    again = contract.gateway.refund(request)

    assert again == first
    assert given_back(contract) == [300]


def test_r03_stripes_payment_is_found_though_its_key_was_never_written(
    stripe: FakeStripe, clock: Clock
) -> None:
    contract = stripe_contract(stripe, clock)
    payment = replace(paid(contract), key="")

    assert contract.gateway.refund(RefundRequest("r-0001", 610, payment)).standing is Standing.DONE


def test_a_method_is_forgotten_again_and_again(contract: Contract) -> None:
    for _ in range(2):
        contract.gateway.forget(MethodToken("pm_1", "cus_1"))


def test_an_event_names_itself_and_our_reference(contract: Contract) -> None:
    request, _ = contract.opened()
    headers, body = contract.outside.event(request.reference)

    event = contract.gateway.read_event(headers, body, now=contract.clock())

    assert event.reference == request.reference
    assert event.event_id


@pytest.mark.parametrize("how", ["no headers", "forged", "no json", "a pit", "a huge moment"])
def test_s38_an_event_it_did_not_send_is_refused(contract: Contract, how: str) -> None:
    request, _ = contract.opened()
    headers, body = contract.outside.event(request.reference)
    if how == "no headers":
        headers = {}
    elif how == "forged":
        headers = {name: value.replace("v1=", "v1=0") + "0" for name, value in headers.items()}
    elif how == "a huge moment":
        headers = {name: value.replace("t=", "t=" + "9" * 5000) + "0" for name, value in headers.items()}
    else:
        body = {"no json": b"\xff{", "a pit": b"[" * 60_000}[how]

    with pytest.raises(Rejected):
        contract.gateway.read_event(headers, body, now=contract.clock())


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"[" * 60_000, b'{"id":' * 9_000, b"\0", "«»".encode("utf-16")]
)
def test_s38_what_is_no_event_is_refused_before_anybody_is_asked(
    paypal: FakePayPal, clock: Clock, body: bytes
) -> None:
    headers = dict.fromkeys(PAYPAL_HEADERS, "x")

    with pytest.raises(Rejected):
        paypal_contract(paypal, clock).gateway.read_event(headers, body, now=clock())

    assert paypal.calls == []


@pytest.mark.parametrize("seconds", [-301, 301])
def test_s38_stripes_event_of_another_time_is_refused(stripe: FakeStripe, clock: Clock, seconds: int) -> None:
    contract = stripe_contract(stripe, clock)
    body = json.dumps({"id": "evt_1", "data": {"object": {"client_reference_id": "p-1"}}}).encode()
    then = clock() + timedelta(seconds=seconds)
    headers = {"stripe-signature": signed(body, stripe_fake.WEBHOOK_SECRET, then)}

    with pytest.raises(Rejected):
        contract.gateway.read_event(headers, body, now=clock())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_gateway_is_asked_within_a_transaction(contract: Contract, database_url: str) -> None:
    engine = make_engine(database_url)

    with transaction(engine), pytest.raises(CalledInsideTransaction):
        contract.gateway.start(contract.request())
    engine.dispose()


# Faults (R02-R05)


@pytest.mark.parametrize("contract", REMOTE, indirect=True)
@pytest.mark.parametrize("fault", list(Fault))
def test_r04_after_any_fault_a_charge_is_found_or_done_once(contract: Contract, fault: Fault) -> None:
    """Whatever happened to the call, asking tells, and the same call again charges nothing twice."""
    method, request = MethodToken("pm_1", "cus_1"), contract.request()
    contract.outside.fail_next(fault)

    with pytest.raises(Unavailable) as failure:
        contract.gateway.charge(request, method)
    assert not isinstance(failure.value, Unreachable), "somebody may have been charged"

    was_charged = fault in (Fault.ERROR_AFTER, Fault.SILENT_AFTER, Fault.VANISHES)
    assert contract.outside.charged == ([610] if was_charged else [])
    if contract.gateway.name == "stripe":
        expected = Standing.DONE if was_charged else Standing.MISSING
        assert contract.gateway.ask(request).standing is expected
    else:
        assert contract.gateway.charge(request, method).standing is Standing.DONE
        assert contract.outside.charged == [610]


@pytest.mark.parametrize("contract", REMOTE, indirect=True)
@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.SILENT_AFTER, Fault.VANISHES])
def test_r04_a_page_that_may_have_been_begun_is_unknown(contract: Contract, fault: Fault) -> None:
    contract.outside.fail_next(fault)

    with pytest.raises(Unavailable) as failure:
        contract.gateway.start(contract.request())

    assert not isinstance(failure.value, Unreachable)


def test_r03_stripes_page_is_found_by_our_reference_alone(stripe: FakeStripe, clock: Clock) -> None:
    """The process died before the key was written down."""
    contract = stripe_contract(stripe, clock)
    other, _ = contract.opened(reference="p-other")
    request, page = contract.opened()
    stripe.decide(page)

    report = contract.gateway.ask(replace(request, key=""))

    assert (report.standing, report.key) == (Standing.DONE, request.key)
    assert other.key != request.key


def test_paypal_captures_nothing_for_an_order_that_takes_no_money(paypal: FakePayPal, clock: Clock) -> None:
    contract = paypal_contract(paypal, clock)
    request, page = contract.opened()
    paypal.decide(page)

    report = contract.gateway.ask(replace(request, may_charge=False))

    assert report.standing is Standing.FAILED
    assert paypal.charged == []


@pytest.mark.parametrize("kind", REMOTE)
def test_r05_a_gateway_that_is_not_there_was_never_asked(
    kind: str, stripe: FakeStripe, paypal: FakePayPal, clock: Clock
) -> None:
    nowhere = "http://127.0.0.1:9"
    contract = (
        stripe_contract(stripe, clock, nowhere)
        if kind == "stripe"
        else paypal_contract(paypal, clock, nowhere)
    )

    with pytest.raises(Unreachable):
        contract.gateway.start(contract.request())


@pytest.mark.parametrize("contract", REMOTE, indirect=True)
def test_an_answer_that_leads_elsewhere_is_not_followed(contract: Contract) -> None:
    """What goes along, the key of the account above all, is for the address of the settings alone."""
    elsewhere = FakePayPal()
    contract.outside.leads_to = elsewhere.url

    with pytest.raises(Unavailable):
        contract.gateway.start(contract.request())
    elsewhere.stop()

    assert len(contract.outside.calls) == 1
    assert elsewhere.received == []
