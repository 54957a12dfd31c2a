"""The forms of `/profilo`."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict
from wtforms import Form, IntegerField, StringField
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


class CodeForm(Form):
    """What an authenticator app shows."""

    typed = StringField(name="code", default="")

    @property
    def code(self) -> str:
        return self.typed.data or ""


class PasskeyForm(Form):
    """What the browser answered, and what its owner calls the key."""

    passkey = StringField(default="")
    called = StringField(name="name", default="")

    @property
    def answer(self) -> str:
        return self.passkey.data or ""

    @property
    def name(self) -> str:
        """Return the name on one line, «Passkey» where there is none."""
        return "".join(sign for sign in self.called.data or "" if sign.isprintable()).strip() or "Passkey"


class RemoveForm(Form):
    """Which passkey to forget."""

    passkey = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST)])

    def number(self) -> int:
        """Return its number; 0, which none has, where none was sent."""
        return self.passkey.data if self.validate() and self.passkey.data else 0


class AddressForm(Form):
    """A new address, typed twice, and what for."""

    purpose = StringField(default="notices")
    email = StringField(default="")
    email_again = StringField(default="")

    @property
    def is_own(self) -> bool:
        return bool(self.purpose.data == "account")


class RemoveAddressForm(Form):
    """Which further address to remove."""

    address = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST)])

    def number(self) -> int:
        """Return its number; 0, which none has, where none was sent."""
        return self.address.data if self.validate() and self.address.data else 0
