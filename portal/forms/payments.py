"""What the pages of payments post."""

from __future__ import annotations

from wtforms import Form, StringField
from wtforms.validators import AnyOf

from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.payments import PaymentMethod


class PayForm(Form):
    """«Paga»: which of the methods that have a page of their own."""

    method = StringField(validators=[AnyOf([method.value for method in GATEWAY_METHODS])])

    def chosen(self) -> PaymentMethod:
        return PaymentMethod(self.method.data or "")
