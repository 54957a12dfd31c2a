"""What the page of more space asks for and posts."""

from __future__ import annotations

from wtforms import Form, IntegerField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.domain.money import Cents
from portal.domain.plans import UNLIMITED_GB
from portal.domain.space_purchase import SpaceConfirmed, SpaceWanted

LARGEST = 2**31 - 1


class SpaceForm(Form):
    """How many GB more, with the pressed «+» or «−»; what makes no sense counts as none."""

    mailbox_gb = IntegerField(default=0, validators=[Optional(), NumberRange(0, UNLIMITED_GB)])
    archive_gb = IntegerField(default=0, validators=[Optional(), NumberRange(0, UNLIMITED_GB)])
    step = StringField()

    def wanted(self, most: SpaceWanted) -> SpaceWanted:
        """Return how much is wanted, within what there can be."""
        return SpaceWanted(
            self._stepped(self.mailbox_gb, most.mailbox_gb), self._stepped(self.archive_gb, most.archive_gb)
        )

    def _stepped(self, field: IntegerField, most: int) -> int:
        step = {f"{field.name}:+1": 1, f"{field.name}:-1": -1}.get(self.step.data or "", 0)
        return min(max((0 if field.errors else field.data or 0) + step, 0), most)


class BuySpaceForm(Form):
    """«Conferma e paga»: what was shown."""

    mailbox_gb = IntegerField(validators=[InputRequired(), NumberRange(0, UNLIMITED_GB)])
    archive_gb = IntegerField(validators=[InputRequired(), NumberRange(0, UNLIMITED_GB)])
    shown_due_cents = IntegerField(validators=[InputRequired(), NumberRange(0, LARGEST)])

    def confirmed(self) -> SpaceConfirmed:
        cents: Cents = self.shown_due_cents.data or 0
        return SpaceConfirmed(SpaceWanted(self.mailbox_gb.data or 0, self.archive_gb.data or 0), cents)
