"""Where the demo's mail server keeps the mails, and reading them back for the page that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

FOLDER = "posta"
SUFFIX = ".eml"


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail as it arrived."""

    number: int
    arrived_at: datetime
    sender: str
    recipient: str
    subject: str
    text: str
    html: str


def newest_mails(folder: Path, count: int, *, before: int | None = None) -> list[KeptMail]:
    """Return up to `count` mails, the newest first, from the one before `before` on."""
    numbers = sorted(numbers_in(folder), reverse=True)
    wanted = [number for number in numbers if before is None or number < before][:count]
    return [mail for number in wanted if (mail := kept_mail(folder, number))]


def kept_mail(folder: Path, number: int) -> KeptMail | None:
    """Return the mail of this number, if there is one."""
    path = path_of(folder, number)
    if not path.is_file():
        return None
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    return KeptMail(
        number=number,
        arrived_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        sender=message.get("From", ""),
        recipient=message.get("To", ""),
        subject=message.get("Subject", ""),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def numbers_in(folder: Path) -> list[int]:
    """Return the numbers of the mails, in no order."""
    return [int(path.stem) for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal()]


def path_of(folder: Path, number: int) -> Path:
    """Return where the mail of this number is kept."""
    return folder / f"{number:06}{SUFFIX}"


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())
