"""The sign-in form."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from portal.domain.passwords import LONGEST as LONGEST_PASSWORD

LONGEST_IDENTIFIER = 254
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SignInForm(FlaskForm):  # type: ignore[misc]
    """«Account o casella PEC» and «Password». Source: product.md 2."""

    identifier = StringField(validators=[InputRequired()])
    password = PasswordField(validators=[InputRequired()])
    next = HiddenField()

    def credentials(self) -> tuple[str, str]:
        """Return identifier and password; two empty texts, which nobody has, where they can be nobody's.

        So whatever cannot be right costs as much time as whatever is wrong (S11).
        """
        identifier, password = (self.identifier.data or "").strip(), self.password.data or ""
        too_long = len(identifier) > LONGEST_IDENTIFIER or len(password) > LONGEST_PASSWORD
        return ("", "") if too_long or _CONTROL.search(identifier) else (identifier, password)
