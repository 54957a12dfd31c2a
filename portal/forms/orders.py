"""Which orders and which lines of an order the address asks for."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from wtforms import BooleanField, Form, IntegerField, StringField
from wtforms.validators import NumberRange, Optional

from portal.domain.order_search import OrderSearch, OrdersShown, read_search
from portal.domain.orders import LineState

_PLACE = re.compile(r"(\d{8}T\d{6}\d{6})~([1-9]\d{0,9})", re.ASCII)
SHOWN = {
    "da-pagare": OrdersShown.TO_PAY,
    "in-corso": OrdersShown.WORKING,
    "evasi": OrdersShown.DONE,
    "chiusi": OrdersShown.CLOSED,
}
FATES = {
    "in-attesa": LineState.WAITING,
    "in-lavorazione": LineState.IN_PROGRESS,
    "rinnovate": LineState.FULFILLED,
    "non-riuscite": LineState.REFUSED,
}
_MOMENT = "%Y%m%dT%H%M%S%f"


class OrderListForm(Form):
    """Which orders, and the place among them; what makes no sense counts as not given."""

    search = StringField(name="cerca", default="")
    shown = StringField(name="stato", default="")
    after = StringField(name="dopo")
    before = StringField(name="prima")

    def orders_shown(self) -> OrdersShown:
        return SHOWN.get(self.shown.data or "", OrdersShown.ALL)

    def order_search(self) -> OrderSearch:
        return read_search(self.search.data or "")

    def query(self) -> dict[str, str]:
        """Return the query values that lead to this list again, without the place."""
        shown = self.shown.data if self.shown.data in SHOWN else ""
        said = {"cerca": self.order_search().text, "stato": shown or ""}
        return {name: value for name, value in said.items() if value}


class CancelForm(Form):
    """«Annulla»; `confirmed` is the second word where a payment was declared."""

    confirmed = BooleanField()


class OrderLinesForm(Form):
    """The place among the lines of one order: their positions."""

    after = IntegerField(name="dopo", validators=[Optional(), NumberRange(0, 10**9)])
    before = IntegerField(name="prima", validators=[Optional(), NumberRange(0, 10**9)])
    fate = StringField(name="esito", default="")

    def line_state(self) -> LineState | None:
        return FATES.get(self.fate.data or "")

    def position_after(self) -> int:
        return 0 if self.after.errors else self.after.data or 0

    def position_before(self) -> int | None:
        return None if self.before.errors else self.before.data


def place_text(placed_at: datetime, order_id: int) -> str:
    """Return an order's place as it stands in an address."""
    return f"{placed_at.astimezone(UTC).strftime(_MOMENT)}~{order_id}"


def parse_place_text(text: str | None) -> tuple[datetime, int] | None:
    """Return the moment and the id that `place_text` wrote, or None for anything else."""
    match = _PLACE.fullmatch(text or "")
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC), int(match[2])
    except ValueError:
        return None
