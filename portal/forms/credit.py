"""What the pages of credit post and ask for."""

from __future__ import annotations

from wtforms import Form, IntegerField, StringField
from wtforms.validators import Length, NumberRange, Optional

from portal.domain.credit import LEAST_TOP_UP, MOST_TOP_UP, check_top_up
from portal.domain.credit_errors import TopUpOutOfRange
from portal.domain.errors import AmountUnreadable
from portal.domain.money import Cents, parse_amount

LARGEST = 2**31 - 1
LONGEST_PATH = 300
USUAL_TOP_UP: Cents = 2_000


class TopUpForm(Form):
    """«Ricarica»: how much, as people write it."""

    amount = StringField()
    return_to = StringField(name="torna", validators=[Length(max=LONGEST_PATH)])

    def problem(self) -> str:
        """Return a code of what is wrong with the amount: `missing`, `format`, `range`; else nothing."""
        if not (self.amount.data or "").strip():
            return "missing"
        try:
            check_top_up(self.cents())
        except AmountUnreadable:
            return "format"
        except TopUpOutOfRange:
            return "range"
        return ""

    def cents(self) -> Cents:
        """Return the amount. Raises AmountUnreadable."""
        return parse_amount(self.amount.data or "")


class ProposalForm(Form):
    """What the address of «Ricarica» proposes; what makes no sense counts as not given."""

    cents = IntegerField(name="centesimi", validators=[Optional(), NumberRange(LEAST_TOP_UP, MOST_TOP_UP)])
    return_to = StringField(name="torna", validators=[Length(max=LONGEST_PATH)])

    def proposed(self) -> Cents:
        return USUAL_TOP_UP if self.cents.errors else self.cents.data or USUAL_TOP_UP


class MovementsForm(Form):
    """Which movements the address asks for."""

    before = IntegerField(name="prima", validators=[Optional(), NumberRange(1, LARGEST)])

    def place(self) -> int | None:
        return None if self.before.errors else self.before.data
