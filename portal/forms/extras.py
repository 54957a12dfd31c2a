"""What the step «Extra» posts: how many pieces of each thing on offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import IntegerField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, NumberRange

PREFIX = "pieces-"


class ExtrasForm(BaseForm):
    """One number for each extra on offer, from none to `most`."""

    def __init__(self, codes: Iterable[str], most: int) -> None:
        validators = [InputRequired(), NumberRange(0, most)]
        fields: dict[str, Any] = {f"{PREFIX}{code}": IntegerField(validators=validators) for code in codes}
        super().__init__(fields)

    def pieces(self) -> Mapping[str, int]:
        """Return how many pieces of each extra were asked for, by code."""
        return {field.name.removeprefix(PREFIX): field.data or 0 for field in self}

    def faulty(self) -> list[str]:
        """Return the codes whose number is none, or out of bounds."""
        return [field.name.removeprefix(PREFIX) for field in self if field.errors]
