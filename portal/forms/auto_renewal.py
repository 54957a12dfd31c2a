"""What customers post to switch auto-renewal on."""

from __future__ import annotations

from wtforms import BooleanField, Form, StringField

from portal.domain.errors import AmountUnreadable
from portal.domain.money import Cents, parse_amount


class SwitchForm(Form):
    """Which method, how much at most, whether credit comes first, and the agreement."""

    method = StringField()
    maximum = StringField()
    agreed = BooleanField()
    credit_first = BooleanField()

    def maximum_cents(self) -> Cents | None:
        """Return the maximum in cents, None if it is no amount."""
        try:
            return parse_amount(self.maximum.data or "")
        except AmountUnreadable:
            return None

    def problems(self) -> dict[str, str]:
        """Return a code for each field that cannot be right: `missing`, `format`."""
        found = {}
        if not self.method.data:
            found["method"] = "missing"
        if self.maximum_cents() is None:
            found["maximum"] = "format"
        if not self.agreed.data:
            found["agreed"] = "missing"
        return found


class LimitForm(Form):
    """The limit for one charge that a preview is asked for."""

    limite = StringField()

    def cents(self) -> Cents | None:
        """Return it in cents; None where none was asked for, or it is no amount."""
        try:
            return parse_amount(self.limite.data or "")
        except AmountUnreadable:
            return None

    def is_unreadable(self) -> bool:
        """Say whether something was asked for that is no amount."""
        return bool(self.limite.data) and not self.cents()
