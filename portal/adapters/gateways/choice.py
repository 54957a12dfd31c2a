"""Which gateway takes which method in this installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.adapters.gateways.breaker import Breaker
from portal.adapters.gateways.paypal.gateway import PayPalGateway
from portal.adapters.gateways.simulated.gateway import SimulatedGateway
from portal.adapters.gateways.stripe.gateway import StripeGateway
from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.payments import PaymentMethod
from portal.ports import PaymentGateway, Unreachable
from portal.settings import Settings

SIMULATED_PAGES = "/demo/cassa/"


@dataclass(frozen=True, slots=True)
class Gateways:
    """The gateways of this installation, by what they take and by their names."""

    by_method: Mapping[PaymentMethod, PaymentGateway]
    simulated: SimulatedGateway | None = None
    """The one whose pages the demo shows."""

    @property
    def methods(self) -> Sequence[PaymentMethod]:
        """Return the methods that can be paid by here, in the order they are offered."""
        return [method for method in GATEWAY_METHODS if method in self.by_method]

    @property
    def resting(self) -> frozenset[PaymentMethod]:
        """Return the methods whose gateway did not answer a moment ago: others are the better choice."""
        return frozenset(
            method
            for method, gateway in self.by_method.items()
            if isinstance(gateway, Breaker) and gateway.is_resting
        )

    @property
    def names(self) -> frozenset[str]:
        """Return the names under which gateways tell us something."""
        return frozenset(gateway.name for gateway in self.by_method.values())

    def for_method(self, method: PaymentMethod) -> PaymentGateway:
        """Return the gateway that takes the method. Raises KeyError."""
        return self.by_method[method]

    def named(self, name: str) -> PaymentGateway:
        """Return the gateway of that name. Raises Unreachable when the operator has none of it any more."""
        for gateway in self.by_method.values():
            if gateway.name == name:
                return gateway
        raise Unreachable(f"there is no gateway {name!r} here")


def make_gateways(settings: Settings, clock: Callable[[], datetime]) -> Gateways:
    """Return the gateways that the settings name, each behind a breaker; the demo's are simulated."""
    if settings.demo:
        simulated = SimulatedGateway(
            settings.data_folder / "gateway.db",
            settings.public_url + SIMULATED_PAGES,
            settings.secret_key,
            clock,
        )
        return Gateways(dict.fromkeys(GATEWAY_METHODS, simulated), simulated)
    named = settings.gateways
    real: dict[PaymentMethod, PaymentGateway] = {}
    if named.stripe is not None:
        real[PaymentMethod.CARD] = Breaker(StripeGateway(named.stripe, named.timeout_seconds), clock)
    if named.paypal is not None:
        real[PaymentMethod.PAYPAL] = Breaker(PayPalGateway(named.paypal, named.timeout_seconds, clock), clock)
    return Gateways(real)
