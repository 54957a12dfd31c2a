"""The forms of `/profilo`."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

LARGEST = 2**31 - 1


class PasswordForm(Form):
    """The password to be, typed twice and read to the letter."""

    def __init__(self, sent: MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.new = sent.get("new_password", "")
        self.again = sent.get("new_password_again", "")


class EndSessionForm(Form):
    """Which session to end."""

    session = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST)])

    def session_id(self) -> int:
        """Return its number; 0, which no session has, where none was sent."""
        return self.session.data if self.validate() and self.session.data else 0
