"""The calendar file (RFC 5545): whole civil days with alarms, which any calendar program reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import icalendar

from portal.domain.reminders import Reminder, ReminderDay
from portal.languages import gettext as _
from portal.languages import ngettext

MIMETYPE = "text/calendar; charset=utf-8"
_MORNING = timedelta(hours=9)
"""Alarms ring at nine, not at midnight."""
_ALARMS: Mapping[Reminder, Sequence[int]] = {
    Reminder.EXPIRY: (30, 7),
    Reminder.LAST_DAY: (7, 1),
    Reminder.DELETION: (1,),
}
"""Days before the event."""


@dataclass(frozen=True, slots=True)
class CalendarHead:
    """What all events of a calendar share."""

    brand: str
    public_url: str
    host: str
    owner_key: str
    made_at: datetime
    """The same as long as the address is: an unchanged calendar is the same to the byte."""


def calendar_file(days: Sequence[ReminderDay], head: CalendarHead) -> bytes:
    """Return the calendar. Source: lessons.md L7, domain.md 13 (1)."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//{head.brand}//PEC//IT")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Scadenze PEC"))
    calendar.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for each in days:
        calendar.add_component(_event(each, head))
    return bytes(calendar.to_ical())


def _event(each: ReminderDay, head: CalendarHead) -> icalendar.Event:
    event = icalendar.Event()
    summary = _summary(each)
    event.add("uid", f"{each.kind.value}-{each.day.isoformat()}-{head.owner_key}@{head.host}")
    event.add("dtstamp", head.made_at)
    event.add("dtstart", each.day)
    event.add("dtend", each.day + timedelta(days=1))
    event.add("summary", summary)
    event.add("description", _description(each))
    event.add("url", f"{head.public_url}/caselle")
    event.add("transp", "TRANSPARENT")
    for days in _ALARMS[each.kind]:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", summary)
        alarm.add("trigger", _MORNING - timedelta(days=days))
        event.add_component(alarm)
    return event


def _summary(each: ReminderDay) -> str:
    if each.count == 1:
        address = each.addresses[0]
        said = {
            Reminder.EXPIRY: _("Scade la PEC %(address)s", address=address),
            Reminder.LAST_DAY: _("Ultimo giorno per rinnovare la PEC %(address)s", address=address),
            Reminder.DELETION: _("Viene cancellata la PEC %(address)s, se non è rinnovata", address=address),
        }
        return said[each.kind]
    said = {
        Reminder.EXPIRY: ngettext(
            "Scade %(num)s casella PEC", "Scadono %(num)s caselle PEC", each.count, num=each.count
        ),
        Reminder.LAST_DAY: ngettext(
            "Ultimo giorno per rinnovare %(num)s casella PEC",
            "Ultimo giorno per rinnovare %(num)s caselle PEC",
            each.count,
            num=each.count,
        ),
        Reminder.DELETION: ngettext(
            "Viene cancellata %(num)s casella PEC, se non è rinnovata",
            "Vengono cancellate %(num)s caselle PEC, se non sono rinnovate",
            each.count,
            num=each.count,
        ),
    }
    return said[each.kind]


def _description(each: ReminderDay) -> str:
    meaning = {
        Reminder.EXPIRY: _("La casella funziona fino alla fine di questo giorno. Da domani è sospesa."),
        Reminder.LAST_DAY: _(
            "Il pagamento deve risultare registrato entro oggi: bonifico e bollettino impiegano giorni."
        ),
        Reminder.DELETION: _("Messaggi e archivio non si possono più recuperare."),
    }[each.kind]
    more = each.count - len(each.addresses)
    rest = [ngettext("e un'altra", "e altre %(num)s", more, num=more)] if more else []
    return "\n".join([meaning, *each.addresses, *rest])
