"""`/caselle/<address>/spazio`: more space in the middle of a term, priced before it is bought."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.blueprints import refusals
from portal.domain.credit_errors import CreditTooSmall, SpaceNotSold
from portal.domain.errors import DomainError, PriceChanged, PriceMissing
from portal.domain.payments import PaymentMethod
from portal.forms.space import BuySpaceForm, SpaceForm
from portal.usecases import space_offers, space_purchases

bp = Blueprint("space", __name__)
refusals.answer(bp)


@bp.get("/caselle/<address>/spazio")
def show(address: str) -> ResponseReturnValue:
    """Show how much more there can be, what it costs now and what at the renewal."""
    return _page(address, SpaceForm(request.args))


@bp.post("/caselle/<address>/spazio")
def buy(address: str) -> ResponseReturnValue:
    """Order and pay what was shown, from credit or for nothing."""
    form, services = BuySpaceForm(request.form), web.services()
    if not form.validate():
        return _page(address, SpaceForm(request.form), 422)
    try:
        with services.transaction() as session:
            order = space_purchases.buy_space(
                session,
                web.subject(),
                address,
                form.confirmed(),
                policy=services.settings.extra_space_policy,
                now=services.now(),
            )
    except (CreditTooSmall, PriceChanged, PriceMissing, SpaceNotSold) as refusal:
        return _page(address, SpaceForm(request.form), refusals.status_of(refusal), refusal)
    return web.see_other("orders.show", number=order.number)


def _page(
    address: str, form: SpaceForm, status: int = 200, refusal: DomainError | None = None
) -> ResponseReturnValue:
    form.validate()
    services, session, subject = web.services(), web.reading(), web.subject()
    mailbox = space_offers.own_mailbox(session, subject, address)
    found = space_offers.look_at_space(
        session,
        subject,
        address,
        form.wanted(space_offers.room_of(mailbox)),
        policy=services.settings.extra_space_policy,
        today=services.today(),
    )
    return web.render(
        "space/show.html",
        None,
        status,
        found=found,
        mailbox=found.mailbox,
        refusal=refusal,
        has_card=PaymentMethod.CARD in services.gateways.methods,
    )
