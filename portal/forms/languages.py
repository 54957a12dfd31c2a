"""The choice of a language at the foot of every page."""

from __future__ import annotations

from wtforms import Form, StringField
from wtforms.validators import AnyOf

from portal import languages


class LanguageForm(Form):
    """The language, and the page to go on with."""

    language = StringField(validators=[AnyOf(languages.codes())])
    next = StringField(default="")
