"""What customers and strangers may see of the mails that were written."""

from __future__ import annotations

from enum import StrEnum


class Delivery(StrEnum):
    """What became of a mail, as a customer reads it."""

    UNDER_WAY = "under_way"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    SKIPPED = "skipped"
