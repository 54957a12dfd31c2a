"""What the pages of payments post."""

from __future__ import annotations

from wtforms import BooleanField, Form, StringField
from wtforms.validators import AnyOf, InputRequired, Length, Optional, Regexp

from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.payments import PaymentMethod


class PayForm(Form):
    """«Paga»: which of the methods that have a page of their own."""

    method = StringField(validators=[AnyOf([method.value for method in GATEWAY_METHODS])])

    def chosen(self) -> PaymentMethod:
        return PaymentMethod(self.method.data or "")


class StoreForm(Form):
    """A new stored method: which kind, in place of which, and the mandate."""

    method = StringField(validators=[AnyOf([method.value for method in GATEWAY_METHODS])])
    agreed = BooleanField(validators=[InputRequired()])
    shown = StringField(validators=[Length(max=60)])
    replaces = StringField(name="al-posto-di", validators=[Optional(), Regexp(r"[pm]-[0-9a-f]{6,60}\Z")])

    def chosen(self) -> PaymentMethod:
        return PaymentMethod(self.method.data or "")

    def replaced(self) -> str:
        """Return the reference of the method it comes in place of, or nothing."""
        return self.replaces.data or ""
