"""The date of «Porta tutte alla stessa data»."""

from __future__ import annotations

from datetime import date

from wtforms import Form, StringField

from portal.domain.alignment import farthest_target


class AlignForm(Form):
    """A civil date after today that one renewal can reach; none given is none chosen."""

    target = StringField(name="data", default="")

    def chosen(self, today: date) -> date | None:
        """Return the date; None where none was given or it cannot be one."""
        try:
            day = date.fromisoformat(self.target.data or "")
        except ValueError:
            return None
        return day if today < day <= farthest_target(today) else None
