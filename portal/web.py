"""What every blueprint shares: rendering pages and their parts, redirects, refusals, filters."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from portal import formats
from portal.brand_settings import Brand
from portal.domain.access import Subject
from portal.domain.colours import OWN_COLOUR, shades_of
from portal.domain.countries import COUNTRIES
from portal.domain.customers import is_on_pec_domain
from portal.domain.devices import device_name
from portal.domain.lifecycle import EXPIRING_DAYS, Capabilities
from portal.domain.payments import PaymentMethod, RegistrationTime
from portal.domain.plans import PLANS, Plan
from portal.domain.renewal_calendar import RenewalCalendar
from portal.domain.tax_code_names import fits_name
from portal.wiring import Services

LARGEST_ROW = 2**31 - 1
STATIC = Path(__file__).parent / "static"
(FONT,) = (path.name for path in (STATIC / "fonts").glob("*.woff2"))


def services() -> Services:
    """Return the services of this process."""
    wired: Services = current_app.extensions["portal"]
    return wired


def reading() -> Session:
    """Return the request's session for looking, opened at first use, closed at its end."""
    if "reading" not in g:
        g.reading = services().reading()
    session: Session = g.reading
    return session


def subject() -> Subject:
    """Return who is signed in, as the use cases know them."""
    known: Subject = current_user.subject
    return known


class RowNumber(IntegerConverter):
    """A number in an address that may be a row's: what no database counts to is not found."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - the name that Werkzeug gives it
        super().__init__(map, max=LARGEST_ROW)


def older_than() -> int | None:
    """Return before which row a list goes on, as «?prima=» says; anything else means from its beginning."""
    row = request.args.get("prima", type=int)
    return row if row is not None and 0 < row <= LARGEST_ROW else None


def wants_part() -> bool:
    """Say whether htmx asked, and so wants a part instead of a page."""
    return request.headers.get("HX-Request") == "true"


def render(page: str, part: str | None = None, /, status: int = 200, **values: object) -> ResponseReturnValue:
    """Return the page, or only its part where htmx asked for it; both from the same values."""
    template = part if part and wants_part() else page
    return render_template(template, **values), status


def words(template: str, /, **values: object) -> Markup:
    """Return a sentence that a template writes, as a message on a page: rendered, and so escaped, here."""
    return Markup(render_template(template, **values).strip())


def say(template: str, category: str = "ok", /, **values: object) -> None:
    """Show a sentence on the next page."""
    flash(words(template, **values), category)


def plain_words(template: str, /, **values: object) -> str:
    """Return a sentence that a template writes as plain text, for papers."""
    return words(template, **values).unescape()


def see_other(endpoint: str, /, **values: object) -> Response:
    """Redirect after a POST to one of our own endpoints (S32)."""
    return redirect(url_for(endpoint, **values), code=303)  # type: ignore[arg-type]


def to_gateway(page_url: str) -> Response:
    """Redirect after a POST to a gateway's page, if it is where the operator says their pages are (S32)."""
    goal = on_this_host(page_url)
    if not goal.startswith(("/", *(f"{origin}/" for origin in services().settings.gateways.origins))):
        raise ValueError(f"no page of a gateway: {page_url.partition('?')[0]}")
    return redirect(goal, code=303)


def on_this_host(url: str) -> str:
    """Return one of our own addresses as a path: the visitor may have come by another name of this host."""
    own = f"{services().settings.public_url}/"
    return f"/{url.removeprefix(own).lstrip('/')}" if url.startswith(own) else url


def register(app: Flask) -> None:
    """Teach the application our filters and globals, and to close what `reading` opened."""
    app.url_map.converters["int"] = RowNumber
    app.jinja_env.filters |= {
        "euro": formats.euro,
        "long_day": formats.long_day,
        "month_name": formats.month_name,
        "short_day": formats.short_day,
        "moment": formats.moment,
        "month": formats.month,
        "days_away": formats.days_away,
        "device": device_name,
        "is_pec": is_on_pec_domain,
        "gigabytes": formats.gigabytes,
        "iban_groups": formats.iban_groups,
        "per_cent": formats.per_cent,
        "plain_amount": formats.plain_amount,
        "share": formats.share,
        "typed_amount": formats.typed_amount,
    }
    app.jinja_env.globals |= {
        "asset": asset,
        "help_facts": help_facts,
        "font": font,
        "countries": lambda: formats.countries(COUNTRIES),
        "fits_name": fits_name,
    }
    app.teardown_appcontext(_close_reading)


@dataclass(frozen=True, slots=True)
class HelpFacts:
    """The operator's figures that the answers of the help name."""

    suspended: Capabilities
    expiring_days: int
    grace_days: int
    domain_grace_days: int
    times: Sequence[tuple[PaymentMethod, RegistrationTime]]
    calendar: RenewalCalendar


def help_facts() -> HelpFacts:
    """Return the figures of this installation."""
    settings = services().settings
    suspended = Capabilities(
        can_read=settings.suspended_can_read,
        can_send=settings.suspended_can_send,
        can_receive=settings.suspended_can_receive,
    )
    return HelpFacts(
        suspended,
        EXPIRING_DAYS,
        PLANS[Plan.STANDARD].grace_days,
        PLANS[Plan.DOMAIN].grace_days,
        list(services().registration_times().items()),
        settings.auto_renewal.calendar,
    )


def asset(name: str) -> str:
    """Return the address of a static file, or of the brand's own: another one whenever its content is."""
    own = branded(name)
    if own is not None:
        return url_for("brand.file", name=name, v=hashlib.sha256(own[0]).hexdigest()[:12])
    return url_for("static", filename=name, v=_fingerprint(name))


def font() -> str:
    """Return the address of the typeface, as the stylesheet names it: its fingerprint is in its name."""
    return url_for("static", filename=f"fonts/{FONT}")


def branded(name: str) -> tuple[bytes, str] | None:
    """Return content and type of a file that the operator's brand makes its own, or None."""
    brand = services().settings.brand
    return _branded(name, brand, url_for("static", filename="")) if brand.colour or brand.logo else None


@lru_cache(maxsize=64)
def _branded(name: str, brand: Brand, static: str) -> tuple[bytes, str] | None:
    if name == "logo" and brand.logo:
        return brand.logo.content, brand.logo.mimetype
    if name == "portal.css" and brand.colour:
        return (
            _rules().replace('url("fonts/', f'url("{static}fonts/') + _tokens(brand.colour)
        ).encode(), "text/css"
    if name == "icon.svg" and brand.colour:
        return (STATIC / name).read_text().replace(OWN_COLOUR, brand.colour).encode(), "image/svg+xml"
    return None


def _rules() -> str:
    return (STATIC / "portal.css").read_text(encoding="utf-8")


def _tokens(colour: str) -> str:
    """Return the stylesheet's brand tokens for a colour; the later layer wins over the portal's own."""
    shades = shades_of(colour)
    pairs = {"": shades.fill, "-strong": shades.fill_pressed, "-text": shades.text, "-soft": shades.soft}
    own = " ".join(f"--brand{name}: light-dark({', '.join(pair)});" for name, pair in pairs.items())
    ring = ", ".join(shades.text)
    return f"\n@layer utilities {{ :root {{ {own} --ring: 3px solid light-dark({ring}); }} }}\n"


@lru_cache(maxsize=256)
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _close_reading(_failure: BaseException | None) -> None:
    session: Session | None = g.pop("reading", None)
    if session is not None:
        session.close()
