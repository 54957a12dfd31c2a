"""What is written down of what people do: who did what, from where. Source: hardening.md S48, S49."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ABOUT_LENGTH = 254
USER_AGENT_LENGTH = 255
ADDRESS_LENGTH = 45
OPERATOR_LENGTH = 64


class Deed(StrEnum):
    """What can be written down. A new one is a line here and its words; the database takes any."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    IDENTITY_CONFIRMED = "identity_confirmed"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"
    RECOVERY_ASKED = "recovery_asked"
    SECOND_STEP_ON = "second_step_on"
    SECOND_STEP_OFF = "second_step_off"
    SECOND_STEP_REFUSED = "second_step_refused"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PROFILE_CHANGED = "profile_changed"
    CONTACT_CHANGE_ASKED = "contact_change_asked"
    CONTACT_CHANGED = "contact_changed"
    ORDER_PLACED = "order_placed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_WITHDRAWN = "order_withdrawn"
    PAYMENT_REGISTERED = "payment_registered"
    AUTO_RENEWAL_ON = "auto_renewal_on"
    AUTO_RENEWAL_OFF = "auto_renewal_off"
    METHOD_STORED = "method_stored"
    METHOD_REMOVED = "method_removed"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_REFUSED = "document_refused"
    DOCUMENT_REMOVED = "document_removed"
    CALENDAR_OPENED = "calendar_opened"
    CALENDAR_CLOSED = "calendar_closed"
    ACCESS_CLOSED = "access_closed"
    ACCESS_OPENED = "access_opened"
    COMMAND = "command"


class Actor(StrEnum):
    """Who did it, as far as the portal can know."""

    CUSTOMER = "customer"
    """Whoever was at the other end of a request, signed in or trying to."""
    OPERATOR = "operator"
    PORTAL = "portal"
    """The clock and the workers, by themselves."""


@dataclass(frozen=True, slots=True)
class Origin:
    """From where something is done; what nobody set is the portal itself."""

    actor: Actor = Actor.PORTAL
    request_id: str = ""
    """Of the request in which it began: the same through web, outbox and worker."""
    address: str = ""
    user_agent: str = ""
    operator: str = ""
    """The operator's name on the machine of the command."""


def one_line(text: str, length: int) -> str:
    """Return the text without what moves a cursor, breaks a line or turns the reading direction, cut to fit.

    What comes from outside is shown in a terminal too. Source: hardening.md S48.
    """
    return "".join(letter if letter.isprintable() else " " for letter in text)[:length].strip()
