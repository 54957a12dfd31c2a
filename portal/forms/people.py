"""The step «Dati»: a holder's contacts and the invoice's data, as texts for the domain's own rules."""

from __future__ import annotations

from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, IntegerField, StringField
from wtforms.validators import AnyOf, NumberRange, Optional

from portal.domain.billing import BILLING_TEXTS
from portal.domain.contacts import CONTACT_FIELDS
from portal.domain.customers import CustomerKind

LARGEST = 2**31 - 1
TO_COMPLETE = "da-completare"
BILLING = "billing-"
"""What the names of the invoice's fields begin with, beside those of a holder."""
SEEN = "seen-"
"""What the names of a holder's hidden fields begin with: the values that the page showed."""
SEEN_MARK = "seen"
"""The invoice's hidden field: the mark of the data that the page showed."""
OPEN = "open-"
"""What the value of `step` begins with where a holder's form is asked for, or "" to close it."""
LOOK = "look-"
"""What the value of `step` begins with where other holders are asked for; what follows is a query string."""
BACK = "back"
"""What «Indietro» sends as `step`."""
KIND = "kind"
"""What the button beside «Tipo di cliente» sends as `step`: show that kind's fields, keep nothing."""


class HolderForm(Form):
    """A holder's contacts; who the holder is is not asked for, and not read where it is sent."""

    holder = IntegerField(validators=[Optional(), NumberRange(1, LARGEST)])
    contact_email = StringField(default="")
    contact_email_again = StringField(default="")

    def __init__(self, sent: MultiDict[str, str]) -> None:
        super().__init__(sent)
        self.texts = {name: sent.get(name, "") for name in CONTACT_FIELDS}
        shown = (*CONTACT_FIELDS, "contact_email")
        self.seen = {name: sent[f"{SEEN}{name}"] for name in shown if f"{SEEN}{name}" in sent}

    def holder_id(self) -> int | None:
        """Return whose contacts they are, or None where the form has no holder's."""
        return self.holder.data if self.validate() else None

    def values(self) -> dict[str, str | dict[str, str]]:
        """Return everything typed, to be shown again, and as `seen` what the page had shown."""
        typed = {"contact_email": self.email, "contact_email_again": self.email_again}
        return {**self.texts, **typed, "seen": self.seen}

    @property
    def is_changed(self) -> bool:
        """Say whether something else was typed than what the page had shown."""
        now = self.texts | {"contact_email": self.email}
        return any(now[name].strip() != shown for name, shown in self.seen.items())

    @property
    def email(self) -> str:
        return self.contact_email.data or ""

    @property
    def email_again(self) -> str:
        return self.contact_email_again.data or ""


class BillingForm(Form):
    """Who is invoiced: the kind of customer decides which of the texts count."""

    kind = StringField(validators=[AnyOf([kind.value for kind in CustomerKind])])
    split_payment = BooleanField()

    def __init__(self, sent: MultiDict[str, str]) -> None:
        super().__init__(sent, prefix=BILLING)
        self.texts = {name: sent.get(f"{BILLING}{name}", "") for name in (*BILLING_TEXTS, "einvoice_route")}
        self.was_sent = f"{BILLING}kind" in sent
        self.seen = sent.get(f"{BILLING}{SEEN_MARK}")

    def chosen_kind(self) -> CustomerKind | None:
        """Return the kind chosen, or None for a value that no form of ours offers."""
        return CustomerKind(self.kind.data or "") if self.validate() else None


class HolderCutForm(Form):
    """Which holders the address asks for; what makes no sense counts as not given."""

    show = StringField(name="mostra")
    after = IntegerField(name="dopo", validators=[Optional(), NumberRange(0, LARGEST)])
    before = IntegerField(name="prima", validators=[Optional(), NumberRange(0, LARGEST)])
    opened = IntegerField(name="titolare", validators=[Optional(), NumberRange(1, LARGEST)])

    def asks_for_incomplete(self) -> bool:
        return bool(self.show.data == TO_COMPLETE)

    def number(self, field: IntegerField) -> int | None:
        """Return one of the numbers, or None where it is none."""
        value: int | None = None if field.errors else field.data
        return value

    def query(self) -> dict[str, str]:
        """Return the query string's values that lead to this cut again."""
        said = {"dopo": self.number(self.after), "prima": self.number(self.before)}
        shown = {"mostra": TO_COMPLETE} if self.asks_for_incomplete() else {}
        return shown | {name: str(value) for name, value in said.items() if value is not None}


def asked_rows(step: str) -> MultiDict[str, str] | None:
    """Return which holders the pressed button shows, as an address asks for them; None: another button."""
    asked = step.removeprefix(LOOK)
    return None if asked == step else MultiDict(parse_qsl(asked))


def asked_holder(step: str) -> int | None:
    """Return whose form the pressed button opens: 0 for nobody's, None where it is another button."""
    number = step.removeprefix(OPEN)
    if number == step:
        return None
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 9 else 0
