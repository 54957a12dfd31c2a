"""Puts the pieces together: the engine, the clock and one adapter for each port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal import failpoints
from portal.adapters.credentials.argon2 import Argon2Hasher
from portal.adapters.credentials.imap import ImapVerifier
from portal.adapters.credentials.local import LocalVerifier
from portal.adapters.credentials.stolen import StolenPasswords
from portal.adapters.documents.clamd import ClamdScanner
from portal.adapters.documents.cleaner import SeparateCleaner
from portal.adapters.documents.scanner import TestVirusScanner
from portal.adapters.documents.vault import FolderVault
from portal.adapters.gateways.choice import Gateways, make_gateways
from portal.adapters.imap.usage import ImapMeter
from portal.adapters.mailer.smtp import SmtpMailer
from portal.adapters.platform.local import LocalPlatform
from portal.adapters.sealing import KeySealer
from portal.document_ports import DocumentCleaner, DocumentScanner, DocumentVault
from portal.domain.dates import rome_day
from portal.domain.payments import REGISTRATION_TIMES, PaymentMethod, RegistrationTime
from portal.ports import (
    CredentialVerifier,
    KnownPasswords,
    Mailer,
    MailPlatform,
    PasswordHasher,
    Sealer,
    SpaceMeter,
)
from portal.settings import Settings
from portal.store import house
from portal.store.session import make_engine, reading_session, streaming_session, transaction


@dataclass(frozen=True)
class Services:
    """Everything an entry point needs; made once a process, shared by its threads."""

    settings: Settings
    engine: Engine
    clock: Callable[[], datetime]
    hasher: PasswordHasher
    stolen: KnownPasswords
    verifier: CredentialVerifier
    meter: SpaceMeter | None
    """None: how full mailboxes are is what the register said."""
    platform: MailPlatform
    mailer: Mailer
    gateways: Gateways
    sealer: Sealer
    cleaner: DocumentCleaner
    scanner: DocumentScanner
    vault: DocumentVault

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return self.clock()

    def today(self) -> date:
        """Return the civil day in Europe/Rome."""
        return rome_day(self.clock())

    def registration_times(self) -> Mapping[PaymentMethod, RegistrationTime]:
        """Return how long each way to pay takes with this operator."""
        days = self.settings.registration_days
        own = {PaymentMethod(name): RegistrationTime(*span) for name, span in days.items()}
        return {**REGISTRATION_TIMES, **own}

    def transaction(self) -> AbstractContextManager[Session]:
        """Open the one write transaction of a request or a job step."""
        return transaction(self.engine, {house.KEY: self.settings.auto_renewal})

    def reading(self) -> Session:
        """Open a session that only looks; close it after use."""
        return reading_session(self.engine, {house.KEY: self.settings.auto_renewal})

    def streaming(self) -> Session:
        """Open a session for one answer that is longer than memory; close it after use."""
        return streaming_session(self.engine)


def system_clock() -> datetime:
    """Read the machine's clock: the only place where it happens."""
    return datetime.now(UTC)


def build_services(settings: Settings, *, clock: Callable[[], datetime] = system_clock) -> Services:
    """Return the services of this installation."""
    failpoints.arm(settings.failpoint)
    hasher = Argon2Hasher()
    return Services(
        settings=settings,
        engine=make_engine(settings.database_url),
        clock=clock,
        hasher=hasher,
        stolen=StolenPasswords(),
        verifier=_verifier(settings, hasher, clock),
        meter=_meter(settings, clock),
        platform=LocalPlatform(settings.data_folder / "platform.db"),
        mailer=SmtpMailer(settings.smtp),
        gateways=make_gateways(settings, clock),
        cleaner=SeparateCleaner(),
        scanner=_scanner(settings),
        vault=FolderVault(settings.data_folder / "documents", settings.document_keys),
        sealer=KeySealer([settings.secret_key, *settings.secret_key_fallbacks]),
    )


def _scanner(settings: Settings) -> DocumentScanner:
    server = settings.virus_scanner
    return TestVirusScanner() if server is None else ClamdScanner(server)


def _verifier(
    settings: Settings, hasher: PasswordHasher, clock: Callable[[], datetime]
) -> CredentialVerifier:
    server = settings.mail_server
    return LocalVerifier(hasher) if server is None else ImapVerifier(server, clock)


def _meter(settings: Settings, clock: Callable[[], datetime]) -> SpaceMeter | None:
    server = settings.mail_server
    return ImapMeter(server, clock) if server is not None and settings.reads_usage else None
