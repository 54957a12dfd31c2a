"""Billing profiles: in whose name invoices are made out, of an account or of a mailbox without one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ScalarSelect,
    String,
    and_,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject, SubjectKind
from portal.domain.billing import EinvoiceRoute
from portal.domain.customers import CustomerKind
from portal.store.accounts import Account, Holder
from portal.store.base import Base, Email, Id, enum_type
from portal.store.drafts import RenewalDraft
from portal.store.mailboxes import Mailbox


class BillingColumns:
    """What an invoice says of the customer; a profile has them, and an order its own copy."""

    kind: Mapped[CustomerKind] = mapped_column(enum_type(CustomerKind))
    first_name: Mapped[str] = mapped_column(String(60), default="")
    last_name: Mapped[str] = mapped_column(String(60), default="")
    business_name: Mapped[str] = mapped_column(String(80), default="")
    tax_code: Mapped[str] = mapped_column(String(16))
    vat_number: Mapped[str] = mapped_column(String(11), default="")
    street: Mapped[str] = mapped_column(String(60))
    street_number: Mapped[str] = mapped_column(String(8))
    postal_code: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(60))
    province: Mapped[str] = mapped_column(String(2), default="")
    country: Mapped[str] = mapped_column(String(2))
    phone: Mapped[str] = mapped_column(String(20))
    email: Mapped[Email]
    einvoice_route: Mapped[EinvoiceRoute] = mapped_column(enum_type(EinvoiceRoute))
    sdi_code: Mapped[str] = mapped_column(String(7), default="")
    einvoice_pec: Mapped[Email] = mapped_column(default="")
    cig: Mapped[str] = mapped_column(String(15), default="")
    cup: Mapped[str] = mapped_column(String(15), default="")
    po_reference: Mapped[str] = mapped_column(String(20), default="")
    split_payment: Mapped[bool] = mapped_column(default=False)
    """The customer pays the net and the VAT to the state: public bodies alone. Source: domain.md 8.2."""

    @property
    def display_name(self) -> str:
        return self.business_name or f"{self.first_name} {self.last_name}".strip()


class BillingProfile(BillingColumns, Base):
    """The billing data of one account, or of one mailbox's own session. Source: domain.md C10."""

    __tablename__ = "billing_profile"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="one_owner"),
        CheckConstraint("NOT split_payment OR kind = 'public_body'", name="split_of_public_bodies"),
    )

    id: Mapped[Id]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), unique=True)
    updated_at: Mapped[datetime]


def profile_for(session: Session, subject: Subject) -> BillingProfile | None:
    """Return the profile that the subject's orders are invoiced by: its account's before a mailbox's own."""
    if subject.kind is SubjectKind.ACCOUNT:
        return session.scalar(select(BillingProfile).where(BillingProfile.account_id == subject.account_id))
    of_its_account = select(Mailbox.account_id).where(Mailbox.id == subject.mailbox_id).scalar_subquery()
    return session.scalar(
        select(BillingProfile)
        .where(
            or_(BillingProfile.mailbox_id == subject.mailbox_id, BillingProfile.account_id == of_its_account)
        )
        .order_by(BillingProfile.account_id.is_(None))
        .limit(1)
    )


def own_holder(session: Session, subject: Subject) -> Holder | None:
    """Return the holder whose data a new profile begins with, or None."""
    if subject.kind is SubjectKind.MAILBOX:
        return session.scalar(
            select(Holder)
            .join(Mailbox, Mailbox.holder_id == Holder.id)
            .where(Mailbox.id == subject.mailbox_id)
        )
    return session.scalar(
        select(Holder)
        .join(Mailbox, Mailbox.holder_id == Holder.id)
        .join(Account, and_(Account.id == Mailbox.account_id, Account.holder_tax_code == Holder.tax_code))
        .where(Account.id == subject.account_id, Mailbox.of_account_holder.is_(True))
        .order_by(Mailbox.expires_on, Mailbox.address)
        .limit(1)
    )


def draft_split_payment(kind: SubjectKind) -> ColumnElement[bool]:
    """Return the SQL value «who is invoiced for the draft pays the net alone»; the draft is outside.

    The same profile as `profile_for`, for the draft's owner.
    """
    if kind is SubjectKind.ACCOUNT:
        return func.coalesce(_split(BillingProfile.account_id == RenewalDraft.account_id), false())
    its_account = (
        select(Mailbox.account_id)
        .where(Mailbox.id == RenewalDraft.mailbox_id)
        .correlate(RenewalDraft)
        .scalar_subquery()
    )
    return func.coalesce(
        _split(BillingProfile.account_id == its_account),
        _split(BillingProfile.mailbox_id == RenewalDraft.mailbox_id),
        false(),
    )


def _split(whose: ColumnElement[bool]) -> ScalarSelect[bool]:
    return select(BillingProfile.split_payment).where(whose).correlate(RenewalDraft).scalar_subquery()
