"""Agreeing to the operator's texts: which are to be read, whether all were accepted, the record of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.contracts import Agreement, ContractKind, parse_text_name
from portal.domain.errors import ContractChanged, ContractMissing, ContractNotAccepted, NotFound
from portal.store.contracts import (
    SOURCE_LANGUAGE,
    ContractAcceptance,
    ContractText,
    text_by_name,
    texts_in_force,
)
from portal.store.orders import Order


def texts_to_accept(session: Session, *, today: date, language: str = SOURCE_LANGUAGE) -> list[ContractText]:
    """Return the texts in force, in that language where there are such, else in Italian.

    Fewer than all kinds when the operator has none: then no order can be placed.
    """
    found = texts_in_force(session, today, {language, SOURCE_LANGUAGE})
    texts = [found.get((kind, language)) or found.get((kind, SOURCE_LANGUAGE)) for kind in ContractKind]
    return [text for text in texts if text is not None]


def check_agreement(session: Session, agreement: Agreement, *, today: date) -> list[ContractText]:
    """Return the texts that were accepted, one of each kind, all in force today.

    Raises ContractMissing, ContractChanged, ContractNotAccepted. Source: domain.md 9 (7).
    """
    in_force = {text.id: text for text in texts_in_force(session, today, languages=None).values()}
    there = {text.kind for text in in_force.values()}
    missing = [kind for kind in ContractKind if kind not in there]
    if missing:
        raise ContractMissing(missing)
    read = {kind: in_force.get(agreement.shown.get(kind, 0)) for kind in ContractKind}
    texts = [text for kind, text in read.items() if text is not None and text.kind is kind]
    changed = set(ContractKind) - {text.kind for text in texts}
    if changed:
        raise ContractChanged([kind for kind in ContractKind if kind in changed])
    refused = [kind for kind in ContractKind if kind not in agreement.accepted]
    if refused:
        raise ContractNotAccepted(refused)
    return texts


def record_agreement(
    session: Session,
    order: Order,
    texts: Sequence[ContractText],
    agreement: Agreement,
    subject: Subject,
    *,
    now: datetime,
) -> None:
    """Write down, with the order, who accepted what, when and from where."""
    session.add_all(
        ContractAcceptance(
            order_id=order.id,
            text_id=text.id,
            accepted_at=now,
            address=agreement.address,
            account_id=subject.account_id,
            mailbox_id=subject.mailbox_id,
        )
        for text in texts
    )
    session.flush()


def look_at_texts(session: Session, *, today: date) -> list[ContractText]:
    """Return every text in force, in every language, by kind."""
    found = texts_in_force(session, today, languages=None)
    return [found[key] for key in sorted(found, key=lambda key: (list(ContractKind).index(key[0]), key[1]))]


def look_at_text(session: Session, name: str, *, today: date) -> ContractText:
    """Return a text that is or was in force, by its name. Raises NotFound."""
    asked = parse_text_name(name)
    text = text_by_name(session, *asked) if asked else None
    if text is None or text.valid_from > today:
        raise NotFound
    return text
