"""The sign-in form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

LONGEST_PASSWORD = 1024


class SignInForm(FlaskForm):  # type: ignore[misc]
    """«Account o casella PEC» and «Password». Source: product.md 2."""

    identifier = StringField(validators=[InputRequired(), Length(max=254)])
    password = PasswordField(validators=[InputRequired(), Length(max=LONGEST_PASSWORD)])
    next = HiddenField(validators=[Length(max=2048)])
