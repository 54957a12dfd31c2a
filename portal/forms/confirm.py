"""What «Conferma» posts: the page that was read, and the answer to each of its texts."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import BooleanField, Form, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, NumberRange, Optional, Regexp

from portal.domain.contracts import Agreement, ContractKind

LARGEST = 2**31 - 1
YES, NO = "yes", "no"


def _text_id() -> IntegerField:
    return IntegerField(default=0, validators=[Optional(), NumberRange(0, LARGEST)])


def _answer() -> StringField:
    return StringField(default="", validators=[AnyOf(["", YES, NO])])


class ConfirmForm(Form):
    """«Conferma»: what the customer had before the eyes, and what was answered."""

    shown_due_cents = IntegerField(validators=[InputRequired(), NumberRange(0, 10**12)])
    shown_version = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST)])
    shown_quote = StringField(validators=[Regexp(r"[0-9a-f]{64}\Z")])
    text_general_terms = _text_id()
    text_onerous_clauses = _text_id()
    text_privacy = _text_id()
    accept_general_terms = _answer()
    accept_onerous_clauses = _answer()
    accept_privacy = _answer()
    start_requested = BooleanField()

    def agreement(self, address: str) -> Agreement:
        """Return what was read and accepted, from this IP address."""
        accepted = frozenset(kind for kind in ContractKind if self._answer_to(kind) == YES)
        return Agreement(
            {kind: self._text_of(kind) for kind in ContractKind}, accepted, address, self.start_requested.data
        )

    def answers_about(self, texts: Mapping[ContractKind, int]) -> dict[ContractKind, str]:
        """Return the answers to keep, by kind: those about the very texts, by id, that are shown now."""
        return {
            kind: self._answer_to(kind) for kind, text_id in texts.items() if self._text_of(kind) == text_id
        }

    def _text_of(self, kind: ContractKind) -> int:
        field = self[f"text_{kind}"]
        return field.data or 0

    def _answer_to(self, kind: ContractKind) -> str:
        field = self[f"accept_{kind}"]
        return field.data or ""
