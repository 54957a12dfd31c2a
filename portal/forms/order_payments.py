"""What customers post about paying an order: another method, or that they have paid."""

from __future__ import annotations

import re
from datetime import date

from wtforms import DateField, Form, StringField
from wtforms.validators import AnyOf, InputRequired

from portal.domain.card_numbers import is_card_number
from portal.domain.payments import PaymentMethod

_NOT_IN_REFERENCES = re.compile(r"[\s./\-]+")
_REFERENCE = re.compile(r"[A-Z0-9]{4,35}")


class MethodForm(Form):
    """«Cambia metodo»."""

    method = StringField(validators=[AnyOf([method.value for method in PaymentMethod])])

    def chosen_method(self) -> PaymentMethod:
        return PaymentMethod(self.method.data or "")


class DeclarationForm(Form):
    """«Ho pagato»: the reference on the receipt and the day."""

    reference = StringField(validators=[InputRequired()])
    sent_on = DateField(validators=[InputRequired()])

    def problems(self) -> dict[str, str]:
        """Return a code for each field that cannot be right: `missing`, `format`, `card`."""
        found = {}
        if not (self.reference.data or "").strip():
            found["reference"] = "missing"
        elif not _REFERENCE.fullmatch(self.written_reference()):
            found["reference"] = "format"
        elif is_card_number(self.written_reference()):
            found["reference"] = "card"
        if self.sent_on.data is None:
            found["sent_on"] = "format" if (self.sent_on.raw_data or [""])[0] else "missing"
        return found

    def written_reference(self) -> str:
        """Return the reference in capitals, without what people put in between."""
        return _NOT_IN_REFERENCES.sub("", self.reference.data or "").upper()

    def day(self) -> date:
        assert self.sent_on.data is not None
        day: date = self.sent_on.data
        return day
