"""Everything an operator can set, read once from the environment; every field states its unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from stdnum import iban

from portal.auto_renewal_settings import RenewalTerms, read_auto_renewal
from portal.brand_settings import Brand, read_brand
from portal.failpoints import Failpoint
from portal.gateway_settings import GatewaySettings, read_gateways
from portal.keeping_settings import Keeping, read_keeping
from portal.mail_server_settings import MailServer, read_mail_server
from portal.scanner_settings import VirusScanner, read_virus_scanner
from portal.space_settings import ExtraSpacePolicy, read_extra_space_policy

_SEPA_NAME = re.compile(r"[A-Za-z0-9/\-?:().,'+][A-Za-z0-9/\-?:().,'+ ]{0,69}")
_POSTAL_ACCOUNT = re.compile(r"[0-9]{1,12}")
_SPAN = re.compile(
    r"(?P<method>bank_transfer|prefilled_slip|postal_slip)=(?P<least>[0-9]{1,2})-(?P<most>[0-9]{1,2})"
)
Read = TypeVar("Read")
SECRET_LENGTH = 32
SECRET_VARIETY = 10
"""How many different characters a key must have; 32 random hex digits have 14."""


class SettingsError(Exception):
    """A setting is missing or wrong: the portal does not start."""


@dataclass(frozen=True, slots=True)
class BankDetails:
    """Where transfers and slips go. Source: domain.md C18."""

    beneficiary: str
    iban: str
    bank: str
    postal_account: str


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails are handed over."""

    host: str
    port: int
    username: str
    password: str
    starttls: bool
    sender: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration of one installation."""

    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    database_url: str
    redis_url: str
    """Empty: the broker lives in this process."""
    public_url: str
    """Links in mails and pages start with this, never with the Host header (S33)."""
    trusted_hosts: tuple[str, ...]
    proxy_count: int
    secure_cookies: bool
    demo: bool
    data_folder: Path
    smtp: SmtpServer
    bank: BankDetails
    brand: Brand = field(default_factory=Brand)
    gateways: GatewaySettings = field(default_factory=GatewaySettings)
    mail_server: MailServer | None = None
    """Who checks the passwords of mailboxes; None: the portal itself, against hashes of its own."""
    virus_scanner: VirusScanner | None = None
    """Who looks at documents; None: the test virus alone is known."""
    monitor_token: str = ""
    """Who sends it as a bearer token may read `/health` and `/metrics` from elsewhere; empty: nobody."""
    keeping: Keeping = field(default_factory=Keeping)
    session_idle_minutes: int = 30
    session_absolute_hours: int = 12
    outbox_poll_seconds: float = 1.0
    outbox_lease_seconds: int = 45
    """How long work may be in somebody's hands before it is given to somebody else."""
    outbox_retry_seconds: int = 30
    """The pause after a first failure; it doubles with each further one."""
    registration_days: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Working days from paying to registration, at least and at most, by method; else the usual ones."""
    suspended_can_read: bool = True
    suspended_can_send: bool = False
    suspended_can_receive: bool = False
    extra_space_policy: ExtraSpacePolicy = ExtraSpacePolicy.FULL_YEAR_WITH_FREE_WINDOW
    """How space bought in the middle of a term is charged. Source: domain.md C7."""
    auto_renewal: RenewalTerms = field(default_factory=RenewalTerms)
    failpoint: Failpoint | None = None
    """Where a test ends the process; only the demo accepts one."""

    @property
    def history_days(self) -> int:
        return self.keeping.history_days

    @property
    def sessions_days(self) -> int:
        return self.keeping.sessions_days

    @property
    def work_days(self) -> int:
        return self.keeping.work_days

    @property
    def document_days(self) -> int:
        return self.keeping.document_days

    @property
    def document_keys(self) -> tuple[str, ...]:
        """Return the keys of documents, the one to seal with first."""
        return self.keeping.document_keys or (self.secret_key, *self.secret_key_fallbacks)

    @property
    def reads_usage(self) -> bool:
        """Say whether the mail server is asked how full mailboxes are."""
        return self.mail_server is not None and bool(self.mail_server.usage_user)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in PORTAL_* variables; raises SettingsError on what cannot be right."""
    demo = _flag(environ, "PORTAL_DEMO", default=False)
    folder = Path(environ.get("PORTAL_DATA", "var"))
    public_url = environ.get("PORTAL_URL", "http://localhost:8000").rstrip("/")
    return Settings(
        secret_key=_secret("PORTAL_SECRET_KEY", environ.get("PORTAL_SECRET_KEY", "")),
        secret_key_fallbacks=tuple(
            _secret("PORTAL_SECRET_KEY_FALLBACKS", key)
            for key in _list(environ.get("PORTAL_SECRET_KEY_FALLBACKS", ""))
        ),
        database_url=environ.get("PORTAL_DATABASE_URL", f"sqlite:///{folder / 'portal.db'}"),
        redis_url=environ.get("PORTAL_REDIS_URL", ""),
        public_url=public_url,
        trusted_hosts=_list(environ.get("PORTAL_TRUSTED_HOSTS", "localhost,127.0.0.1")),
        proxy_count=_whole(environ, "PORTAL_PROXY_COUNT", 0),
        secure_cookies=_flag(environ, "PORTAL_SECURE_COOKIES", default=not demo),
        demo=demo,
        data_folder=folder,
        smtp=_smtp(environ),
        bank=_bank(environ, demo=demo),
        brand=_checked(read_brand, environ),
        gateways=_checked(read_gateways, environ),
        mail_server=_checked(read_mail_server, environ),
        virus_scanner=_checked(read_virus_scanner, environ),
        monitor_token=_monitor_token(environ),
        keeping=_checked(read_keeping, environ),
        session_idle_minutes=_whole(environ, "PORTAL_SESSION_IDLE_MINUTES", 30),
        session_absolute_hours=_whole(environ, "PORTAL_SESSION_ABSOLUTE_HOURS", 12),
        outbox_poll_seconds=_whole(environ, "PORTAL_OUTBOX_POLL_MS", 1000) / 1000,
        outbox_lease_seconds=_lease(environ),
        outbox_retry_seconds=_whole(environ, "PORTAL_OUTBOX_RETRY_SECONDS", 30),
        registration_days=_registration_days(environ),
        suspended_can_read=_flag(environ, "PORTAL_SUSPENDED_CAN_READ", default=True),
        suspended_can_send=_flag(environ, "PORTAL_SUSPENDED_CAN_SEND", default=False),
        suspended_can_receive=_flag(environ, "PORTAL_SUSPENDED_CAN_RECEIVE", default=False),
        extra_space_policy=_checked(read_extra_space_policy, environ),
        auto_renewal=_checked(read_auto_renewal, environ),
        failpoint=_failpoint(environ.get("PORTAL_FAILPOINT", ""), demo=demo),
    )


def _checked(read: Callable[[Mapping[str, str]], Read], environ: Mapping[str, str]) -> Read:
    """Return what a reader of some settings makes of them. Raises SettingsError for its ValueError."""
    try:
        return read(environ)
    except ValueError as failure:
        raise SettingsError(str(failure)) from failure


def _failpoint(name: str, *, demo: bool) -> Failpoint | None:
    """Return where a test wants the process to end; an installation with customers has no such place."""
    if not name:
        return None
    if not demo:
        raise SettingsError(
            "PORTAL_FAILPOINT ends the process: it is for tests on the demo (PORTAL_DEMO=yes)"
        )
    if name not in {*Failpoint}:
        raise SettingsError(f"PORTAL_FAILPOINT must be one of {', '.join(Failpoint)}")
    return Failpoint(name)


def _secret(name: str, secret: str) -> str:
    """Return a key that nobody guesses: long, and not one word again and again."""
    if len(secret) < SECRET_LENGTH or len(set(secret)) < SECRET_VARIETY:
        raise SettingsError(f"{name} must have at least {SECRET_LENGTH} random characters")
    return secret


def _monitor_token(environ: Mapping[str, str]) -> str:
    token = environ.get("PORTAL_MONITOR_TOKEN", "")
    return _secret("PORTAL_MONITOR_TOKEN", token) if token else ""


def _smtp(environ: Mapping[str, str]) -> SmtpServer:
    return SmtpServer(
        host=environ.get("PORTAL_SMTP_HOST", "127.0.0.1"),
        port=_whole(environ, "PORTAL_SMTP_PORT", 25),
        username=environ.get("PORTAL_SMTP_USER", ""),
        password=environ.get("PORTAL_SMTP_PASSWORD", ""),
        starttls=_flag(environ, "PORTAL_SMTP_STARTTLS", default=False),
        sender=environ.get("PORTAL_MAIL_FROM", "Posta Sicura <avvisi@postasicura.example>"),
        timeout_seconds=_whole(environ, "PORTAL_SMTP_TIMEOUT_SECONDS", 15),
    )


def _lease(environ: Mapping[str, str]) -> int:
    """Return the lease of outbox rows: a batch may take a third of it, its last letter the rest."""
    lease = _whole(environ, "PORTAL_OUTBOX_LEASE_SECONDS", 45)
    if lease < 3 * _smtp(environ).timeout_seconds:
        raise SettingsError("PORTAL_OUTBOX_LEASE_SECONDS must be three times PORTAL_SMTP_TIMEOUT_SECONDS")
    return lease


def _bank(environ: Mapping[str, str], *, demo: bool) -> BankDetails:
    """Return the bank details; the demo has made-up ones with valid check digits."""
    given = environ.get("PORTAL_BANK_IBAN", "IT60X0542811101000000123456" if demo else "")
    if not iban.is_valid(given):
        raise SettingsError("PORTAL_BANK_IBAN is not a valid IBAN (mod 97)")
    return BankDetails(
        beneficiary=_beneficiary(environ),
        iban=iban.compact(given),
        bank=environ.get("PORTAL_BANK_NAME", "Banca Dimostrativa"),
        postal_account=_postal_account(environ),
    )


def _beneficiary(environ: Mapping[str, str]) -> str:
    """Return a name that every bank's form and QR code take. Source: EPC069-12, SEPA character set."""
    name = environ.get("PORTAL_BANK_BENEFICIARY", "Posta Sicura S.p.A. (dati dimostrativi)").strip()
    if not _SEPA_NAME.fullmatch(name):
        raise SettingsError(
            "PORTAL_BANK_BENEFICIARY must have 1 to 70 characters, only letters without accents, digits,"
            " spaces and / - ? : ( ) . , ' +"
        )
    return name


def _postal_account(environ: Mapping[str, str]) -> str:
    """Return the twelve digits of a postal account. Source: domain.md C18."""
    digits = environ.get("PORTAL_POSTAL_ACCOUNT", "000012345678").replace(" ", "")
    if not _POSTAL_ACCOUNT.fullmatch(digits) or not digits.strip("0"):
        raise SettingsError("PORTAL_POSTAL_ACCOUNT must have up to 12 digits")
    return digits.zfill(12)


def _registration_days(environ: Mapping[str, str]) -> Mapping[str, tuple[int, int]]:
    """Return what PORTAL_REGISTRATION_DAYS says, e.g. «bank_transfer=1-3 postal_slip=5-7»."""
    return dict(_span(word) for word in environ.get("PORTAL_REGISTRATION_DAYS", "").split())


def _span(word: str) -> tuple[str, tuple[int, int]]:
    match = _SPAN.fullmatch(word)
    if match is None or int(match["least"]) > int(match["most"]) or match["most"] == "0":
        raise SettingsError(
            f"PORTAL_REGISTRATION_DAYS: {word!r} is not like bank_transfer=1-3, with one of"
            " bank_transfer, prefilled_slip, postal_slip"
        )
    return match["method"], (int(match["least"]), int(match["most"]))


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    words = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
    text = environ.get(name, "").strip().lower()
    if not text:
        return default
    if text not in words:
        raise SettingsError(f"{name} must be yes or no, not {text!r}")
    return words[text]


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise SettingsError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _list(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
