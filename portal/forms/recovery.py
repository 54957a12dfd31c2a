"""What somebody types who has forgotten."""

from __future__ import annotations

import re

from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class AskForm(Form):
    """The name or the e-mail address, and for mailboxes the code of the holder."""

    identifier = StringField(validators=[InputRequired(), Length(max=254)])
    code = StringField(default="")

    def __init__(self, sent: MultiDict[str, str]) -> None:
        super().__init__(sent)

    @property
    def name(self) -> str:
        """Return what was typed, without what no name has."""
        return _CONTROL.sub("", self.identifier.data or "").strip()

    @property
    def tax_code(self) -> str:
        """Return the code, cut where no code is so long."""
        return _CONTROL.sub("", self.code.data or "").strip()[:32]
