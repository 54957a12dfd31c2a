"""The operator's contract texts, never changed once stored, and who agreed to which of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.contracts import Block, ContractKind, blocks_of, text_name, whole_text
from portal.store.base import Base, Id, enum_type

SOURCE_LANGUAGE = "it"
"""Read where a text is not there in the customer's own language."""


class ContractText(Base):
    """One version of one text in one language; rows are added, never changed. Source: domain.md C19."""

    __tablename__ = "contract_text"
    __table_args__ = (
        UniqueConstraint("kind", "version", "language"),
        Index("ix_contract_text_valid_from", "valid_from"),
    )

    id: Mapped[Id]
    kind: Mapped[ContractKind] = mapped_column(enum_type(ContractKind))
    version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    """Plain lines as `domain.contracts.blocks_of` reads them."""
    valid_from: Mapped[date]
    """First day in force; in force is the last such text of its kind and language."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the text as it is downloaded."""
    imported_at: Mapped[datetime]

    @property
    def name(self) -> str:
        return text_name(self.kind, self.version, self.language)

    @property
    def whole(self) -> str:
        """Return the text as it is downloaded."""
        return whole_text(self.title, self.version, self.valid_from, self.body)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return blocks_of(self.body)


class ContractAcceptance(Base):
    """Who agreed to which text with which order, when and from where: added with the order, for good."""

    __tablename__ = "contract_acceptance"
    __table_args__ = (
        UniqueConstraint("order_id", "text_id"),
        CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="one_subject"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    text_id: Mapped[int] = mapped_column(ForeignKey("contract_text.id"))
    accepted_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45))
    """The IP address the answer came from."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    """Whose session it was: an account's, or a mailbox's own."""


def texts_in_force(
    session: Session, day: date, languages: Collection[str] | None
) -> dict[tuple[ContractKind, str], ContractText]:
    """Return the texts in force on a day, by kind and language (None: every language): two statements."""
    versions = (
        select(ContractText.kind, ContractText.language, ContractText.id)
        .where(ContractText.valid_from <= day)
        .order_by(ContractText.valid_from, ContractText.id)
    )
    if languages is not None:
        versions = versions.where(ContractText.language.in_(languages))
    ids = {(row.kind, row.language): row.id for row in session.execute(versions)}
    texts = session.scalars(select(ContractText).where(ContractText.id.in_(ids.values())))
    return {(text.kind, text.language): text for text in texts}


def text_by_name(session: Session, kind: ContractKind, version: str, language: str) -> ContractText | None:
    """Return one text, or None."""
    return session.scalar(
        select(ContractText).where(
            ContractText.kind == kind, ContractText.version == version, ContractText.language == language
        )
    )


def acceptances_of(session: Session, order_id: int) -> Sequence[tuple[ContractAcceptance, ContractText]]:
    """Return what was agreed to with an order, with the texts."""
    rows = session.execute(
        select(ContractAcceptance, ContractText)
        .join(ContractText, ContractText.id == ContractAcceptance.text_id)
        .where(ContractAcceptance.order_id == order_id)
        .order_by(ContractAcceptance.id)
    )
    return [(row.ContractAcceptance, row.ContractText) for row in rows]
