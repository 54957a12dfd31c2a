"""Passkeys: adding, removing, and proving with one. Source: domain.md 2.4, W3C Web Authentication 3."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.domain.access import Subject
from portal.domain.errors import NotFound
from portal.domain.history import Deed
from portal.domain.second_step import CHALLENGE_LASTS, NAME_LENGTH, PASSKEYS_AT_MOST
from portal.store import second_steps as rows
from portal.store.second_steps import ChallengePurpose, Passkey, PasskeyChallenge
from portal.usecases import history, second_steps, security_notices

CHALLENGE_BYTES = 32
LONGEST_ANSWER = 20_000
"""Characters of a browser's answer: none is so long."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the keys are good: what the settings say, never what a request says (S33)."""

    host: str
    origin: str
    name: str


def offer_registration(session: Session, account_id: int, username: str, site: Site, *, now: datetime) -> str:
    """Return as JSON what the browser needs to make a key; too many keys raise NotFound."""
    known = rows.passkeys_of(session, account_id)
    if len(known) >= PASSKEYS_AT_MOST:
        raise NotFound
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=username,
        user_id=sha256(f"{site.host}:{account_id}".encode()).digest(),
        challenge=_new_challenge(session, account_id, ChallengePurpose.REGISTER, now),
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return options_to_json(options)


def add_passkey(
    session: Session, account_id: int, answer: str, name: str, site: Site, subject: Subject, *, now: datetime
) -> list[str] | None:
    """Keep a new key; return recovery codes if there were none before, None where the answer is not right."""
    if len(rows.passkeys_of(session, account_id)) >= PASSKEYS_AT_MOST:
        return None
    challenge = _used_challenge(session, account_id, answer, ChallengePurpose.REGISTER, now)
    if challenge is None:
        return None
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except (WebAuthnException, ValueError):
        return None
    had_codes = rows.ways_of(session, subject).is_on
    session.add(
        Passkey(
            account_id=account_id,
            credential_id=bytes_to_base64url(made.credential_id),
            public_key=bytes_to_base64url(made.credential_public_key),
            sign_count=made.sign_count,
            name=name[:NAME_LENGTH],
            created_at=now,
        )
    )
    session.flush()
    history.record(session, Deed.PASSKEY_ADDED, subject, now=now)
    security_notices.second_step_changed(session, subject, "passkey_added", now=now)
    return [] if had_codes else second_steps.new_codes(session, subject)


def remove_passkey(session: Session, subject: Subject, passkey_id: int, *, now: datetime) -> bool:
    """Forget one of the account's keys; say whether it was one."""
    theirs = [key for key in rows.passkeys_of(session, subject.account_id) if key.id == passkey_id]
    if not theirs:
        return False
    session.execute(delete(Passkey).where(Passkey.id == passkey_id))
    history.record(session, Deed.PASSKEY_REMOVED, subject, now=now)
    security_notices.second_step_changed(session, subject, "passkey_removed", now=now)
    second_steps.drop_useless_codes(session, subject)
    return True


def list_passkeys(session: Session, subject: Subject) -> list[Passkey]:
    """Return the account's keys, none for a mailbox."""
    return rows.passkeys_of(session, subject.account_id) if subject.account_id is not None else []


def offer_proof(session: Session, subject: Subject, site: Site, *, now: datetime) -> str:
    """Return as JSON what the browser needs to prove with a key. Raises NotFound where there is none."""
    known = list_passkeys(session, subject)
    if subject.account_id is None or not known:
        raise NotFound
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=_new_challenge(session, subject.account_id, ChallengePurpose.PROVE, now),
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json(options)


def take_passkey(session: Session, subject: Subject, answer: str, site: Site, *, now: datetime) -> bool:
    """Take a key's answer to a challenge of ours, once; say whether it was right."""
    if subject.account_id is None:
        return False
    challenge = _used_challenge(session, subject.account_id, answer, ChallengePurpose.PROVE, now)
    key = _named_key(session, subject.account_id, answer)
    if challenge is None or key is None:
        return False
    try:
        proved = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        )
    except (WebAuthnException, ValueError):
        return False
    return rows.count_use(session, key, proved.new_sign_count, now)


def _new_challenge(session: Session, account_id: int, purpose: ChallengePurpose, now: datetime) -> bytes:
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    session.add(
        PasskeyChallenge(
            challenge_hash=sha256(challenge).hexdigest(),
            account_id=account_id,
            purpose=purpose,
            expires_at=now + CHALLENGE_LASTS,
        )
    )
    return challenge


def _used_challenge(
    session: Session, account_id: int, answer: str, purpose: ChallengePurpose, now: datetime
) -> bytes | None:
    """Return the challenge that an answer names, if it is one of ours; it is used up by this."""
    try:
        client = _parsed(base64url_to_bytes(_read(answer)["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(client["challenge"])
    except (ValueError, KeyError, TypeError):
        return None
    known = rows.use_challenge(session, sha256(challenge).hexdigest(), account_id, purpose, now)
    return challenge if known else None


def _named_key(session: Session, account_id: int, answer: str) -> Passkey | None:
    try:
        named = bytes_to_base64url(base64url_to_bytes(_read(answer)["id"]))
    except (ValueError, KeyError, TypeError):
        return None
    return next((key for key in rows.passkeys_of(session, account_id) if key.credential_id == named), None)


def _read(answer: str) -> Any:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("no browser answers at such length")
    return _parsed(answer)


def _parsed(text: str | bytes) -> Any:
    """Return what the JSON says. Raises ValueError, for what is too deep to be read as well."""
    try:
        return json.loads(text)
    except RecursionError as failure:
        raise ValueError("no browser answers at such depth") from failure


def _descriptors(keys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id)) for key in keys]
