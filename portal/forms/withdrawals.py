"""What the two steps of a withdrawal post."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wtforms import Form, StringField

from portal.domain.customers import FieldCode, contact_email
from portal.domain.errors import FieldProblem
from portal.domain.texts import one_line

LONGEST_NAME = 120


class DeclarationForm(Form):
    """Step 1: who withdraws, and where the acknowledgment shall go.

    Nobody loses the right over a spelling: any line with a letter in it is a name. Source: domain.md 10.
    """

    name = StringField(default="")
    email = StringField(default="")

    def check(self, address: str) -> dict[str, str]:
        """Return what is wrong by field, as codes; `address` is the order's only mailbox, or empty."""
        rules: dict[str, Callable[[str], str]] = {
            "name": _written_name,
            "email": partial(contact_email, address=address),
        }
        problems: dict[str, str] = {}
        for field, rule in rules.items():
            try:
                self[field].data = rule(self[field].data or "")
            except FieldProblem as problem:
                problems[field] = problem.code
        return problems


def _written_name(text: str) -> str:
    name = one_line(text, "name", LONGEST_NAME)
    if not any(sign.isalpha() for sign in name):
        raise FieldProblem("name", FieldCode.CHARACTERS)
    return name
