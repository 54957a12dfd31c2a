"""What the pages of a renewal post and ask for, as values of the domain."""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, Form, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, Regexp

from portal.domain.payments import PaymentMethod
from portal.domain.plans import SOLD_PLANS, UNLIMITED_GB, Plan
from portal.domain.pricing import Choice

LARGEST = 2**31 - 1
LONGEST_TERM = 10
LEAVE_OUT, GO_ON = "leave_out", "go_on"
"""What the buttons beside «+» and «−» send as `step`."""
SHOWN = {"tutte": "every", "da-sistemare": "to_fix", "escluse": "left_out"}
TAKE = re.compile(r"take:(standard|pro|premium):([0-9]{1,2}):([0-9]{1,2})\Z", re.ASCII)
"""The button of a plan that is too small: the plan with the extra space that makes it fit."""
_SOLD = [plan.value for plan in SOLD_PLANS]


class _SteppedForm(Form):
    """A form of several buttons; `step` says which was pressed."""

    step = StringField()

    def asks_to_leave_out(self) -> bool:
        """Say whether «Togli dal rinnovo» was pressed."""
        return self.step.data == LEAVE_OUT

    def asks_to_go_on(self) -> bool:
        """Say whether «Prosegui» was pressed."""
        return self.step.data == GO_ON


class ChangeForm(_SteppedForm):
    """A row of «Piano»: its whole choice, and which page posts it."""

    plan = StringField(validators=[AnyOf(_SOLD)])
    extra_mailbox_gb = IntegerField(validators=[InputRequired(), NumberRange(0, UNLIMITED_GB)])
    extra_archive_gb = IntegerField(default=0, validators=[Optional(), NumberRange(0, UNLIMITED_GB)])
    years = IntegerField(validators=[InputRequired(), NumberRange(1, LONGEST_TERM)])
    archive_deletion_accepted = BooleanField()
    version = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST)])
    page = StringField(validators=[Regexp(r"[\w-]{8,24}\Z")])
    turn = IntegerField(default=0, validators=[Optional(), NumberRange(0, LARGEST)])

    def choice(self) -> Choice:
        """Return the choice posted, with the pressed «+» or «−» added to it, within the field's bounds.

        The button of a plan that is too small stands for a choice of its own.
        """
        taken = TAKE.match(self.step.data or "")
        if taken:
            return Choice(Plan(taken[1]), int(taken[2]), int(taken[3]), self.years.data or 1)
        return Choice(
            Plan(self.plan.data or ""),
            self._stepped(self.extra_mailbox_gb),
            self._stepped(self.extra_archive_gb),
            self.years.data or 1,
        )

    def _stepped(self, field: IntegerField) -> int:
        step = {f"{field.name}:+1": 1, f"{field.name}:-1": -1}.get(self.step.data or "", 0)
        return min(max((field.data or 0) + step, 0), UNLIMITED_GB)


class BulkForm(_SteppedForm):
    """«Applica a tutte»: an empty value leaves each mailbox as it is."""

    plan = StringField(validators=[AnyOf(["", *_SOLD])])
    years = IntegerField(validators=[Optional(), NumberRange(1, LONGEST_TERM)])

    def chosen_plan(self) -> Plan | None:
        return Plan(self.plan.data) if self.plan.data else None


class PaymentForm(_SteppedForm):
    """«Pagamento»: one of the methods, or leaving out what transfers and slips cannot save."""

    method = StringField(validators=[AnyOf([method.value for method in PaymentMethod])])
    auto_renewal = StringField(validators=[Optional(), AnyOf(["yes", "no"])])
    shown = StringField(validators=[Length(max=60)])
    """Which text and maximum were read with the question."""

    def chosen_method(self) -> PaymentMethod:
        return PaymentMethod(self.method.data or "")

    def answer(self) -> bool | None:
        """Return whether to renew by itself; None where nothing was answered."""
        return {"yes": True, "no": False}.get(self.auto_renewal.data or "")


class CutForm(Form):
    """Which rows of a draft the address asks for; what makes no sense counts as not given."""

    show = StringField(name="mostra", default="tutte")
    after = IntegerField(name="dopo", validators=[Optional(), NumberRange(0, LARGEST)])
    before = IntegerField(name="prima", validators=[Optional(), NumberRange(0, LARGEST)])
    opened = StringField(name="apri")

    def shown(self) -> str:
        """Return the code of what is shown."""
        return SHOWN.get(self.show.data or "", "every")

    def number_after(self) -> int | None:
        return None if self.after.errors else self.after.data

    def number_before(self) -> int | None:
        return None if self.before.errors else self.before.data

    def query(self) -> dict[str, Any]:
        """Return the query string's values that lead to this cut again."""
        show = self.show.data if self.show.data in SHOWN else None
        said = {"mostra": show, "dopo": self.number_after(), "prima": self.number_before()}
        return {name: str(value) for name, value in said.items() if value not in (None, "tutte")}
