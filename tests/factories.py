"""Rows for tests: one plain function a thing, sensible defaults, every field open to the test."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from portal.domain.billing import EinvoiceRoute
from portal.domain.contracts import ContractKind, fingerprint, whole_text
from portal.domain.conventions import Convention, Payer
from portal.domain.customers import CustomerKind
from portal.domain.dates import add_years
from portal.domain.documents import DocumentKind
from portal.domain.orders import LineState, OrderState
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.domain.price_list import Item
from portal.store.accounts import Account, Holder
from portal.store.billing import BillingProfile
from portal.store.contracts import ContractText
from portal.store.conventions import ConventionRow
from portal.store.documents import Document
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.orders import Order, OrderLine
from portal.store.prices import PriceRow
from portal.store.promotions import PromotionRow
from portal.store.scheduled_changes import ScheduledChange
from portal.store.selections import SelectedMailbox

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
YEARLY_CENTS = {
    Item.STANDARD: 500,
    Item.PRO: 2500,
    Item.PREMIUM: 4000,
    Item.EXTRA_MAILBOX_GB: 300,
    Item.EXTRA_ARCHIVE_GB: 300,
}
TAX_CODE = "RSSMRA85T10A562S"
_numbers = itertools.count(1)
DOCTORS = Convention(
    "OMCEO-GE-0015", "Ordine dei Medici", Payer.MEMBER, Plan.STANDARD, 3, 400, date(2012, 1, 1)
)
ARCHITECTS = Convention(
    "ARCH-0001", "Ordine degli Architetti", Payer.BODY, Plan.STANDARD, 3, 0, date(2012, 1, 1)
)
LAWYERS = Convention(
    "AVV-0007",
    "Ordine degli Avvocati",
    Payer.MEMBER,
    Plan.STANDARD,
    1,
    300,
    date(2012, 1, 1),
    date(2025, 12, 31),
)
"""One that the member pays, one that the body pays, one that is over."""
Row = TypeVar("Row")


def make_account(
    session: Session, username: str | None = None, *, billed: bool = True, **fields: Any
) -> Account:
    """Return a stored account, by default in the name of the holder `make_holder` makes, who is invoiced."""
    name = username or f"{200_000 + next(_numbers)}@aruba.it"
    values: dict[str, Any] = {
        "username": name,
        "email": f"cliente.{name.split('@')[0]}@posta.example",
        "holder_tax_code": TAX_CODE,
        "created_at": NOW,
    }
    account = _stored(session, Account(**values | fields))
    if billed:
        make_billing(session, account_id=account.id)
    return account


def make_billing(session: Session, **fields: Any) -> BillingProfile:
    """Return a stored billing profile of the account or mailbox given, by default Mario Rossi's, a person."""
    values: dict[str, Any] = {
        "kind": CustomerKind.INDIVIDUAL,
        "first_name": "Mario",
        "last_name": "Rossi",
        "tax_code": TAX_CODE,
        "street": "Via Roma",
        "street_number": "1",
        "postal_code": "10100",
        "city": "Torino",
        "province": "TO",
        "country": "IT",
        "phone": "+390110001234",
        "email": "mario.rossi@posta.example",
        "einvoice_route": EinvoiceRoute.NONE,
        "updated_at": NOW,
    }
    return _stored(session, BillingProfile(**values | fields))


def make_document(session: Session, mailbox: Mailbox, **fields: Any) -> Document:
    """Return the stored row of a document about the mailbox; its file is nowhere."""
    values: dict[str, Any] = {
        "mailbox_id": mailbox.id,
        "name": f"{next(_numbers):032x}",
        "kind": DocumentKind.JPEG,
        "pages": 1,
        "size_bytes": 1000,
        "added_at": NOW,
    }
    return _stored(session, Document(**values | fields))


def make_holder(session: Session, **fields: Any) -> Holder:
    """Return a stored holder, by default Mario Rossi, a person."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "fingerprint": sha256(str(number).encode()).hexdigest(),
        "kind": CustomerKind.INDIVIDUAL,
        "first_name": "Mario",
        "last_name": "Rossi",
        "tax_code": TAX_CODE,
        "contact_email": f"mario.rossi.{number}@posta.example",
        "phone": "+390110001234",
        "street": "Via Roma",
        "street_number": "1",
        "postal_code": "10100",
        "city": "Torino",
        "province": "TO",
    }
    return _stored(session, Holder(**values | fields))


def make_mailbox(
    session: Session,
    account: Account | None = None,
    address: str | None = None,
    *,
    holder: Holder | None = None,
    expires_in: int = 30,
    **fields: Any,
) -> Mailbox:
    """Return a stored mailbox, by default Standard and expiring `expires_in` days after TODAY."""
    values: dict[str, Any] = {
        "address": address or f"casella.{next(_numbers)}@pec.example",
        "account_id": account.id if account else None,
        "holder_id": (holder or make_holder(session)).id,
        "plan": Plan.STANDARD,
        "expires_on": TODAY + timedelta(days=expires_in),
        "created_at": NOW,
    }
    return _stored(session, Mailbox(**values | fields))


def make_mail(
    session: Session, *, account: Account | None = None, mailbox: Mailbox | None = None, **fields: Any
) -> Mail:
    """Return a stored mail that was sent, by default a notice of expiry to Mario Rossi."""
    values: dict[str, Any] = {
        "kind": "expiry_notice",
        "key": f"expiry_notice:{next(_numbers)}",
        "recipient": "mario.rossi@posta.example",
        "context": {},
        "state": MailState.SENT,
        "subject": "La casella scade tra 30 giorni",
        "text": "Gentile Mario Rossi, la casella scade.",
        "account_id": account.id if account else None,
        "mailbox_id": mailbox.id if mailbox else None,
        "created_at": NOW,
        "sent_at": NOW,
    }
    return _stored(session, Mail(**values | fields))


def make_prices(
    session: Session, *, valid_from: date = date(2020, 1, 1), without: Iterable[Item] = ()
) -> None:
    """Store what a sale needs: a price for every item of the demo's list, and the texts of the contract."""
    left_out = set(without)
    session.add_all(
        PriceRow(item=item, net_cents=cents, valid_from=valid_from)
        for item, cents in YEARLY_CENTS.items()
        if item not in left_out
    )
    session.flush()
    make_contracts(session)


def make_promotion(session: Session, **fields: Any) -> PromotionRow:
    """Return a stored promotion of Pro that has begun and goes on, for one or two years."""
    values: dict[str, Any] = {
        "code": "AUTUNNO",
        "plans": "pro",
        "yearly_cents": 1500,
        "valid_from": TODAY - timedelta(days=10),
        "valid_to": TODAY + timedelta(days=20),
        "terms": "1,2",
        "first_year_only": False,
    }
    promotion = PromotionRow(**values | fields)
    session.add(promotion)
    return promotion


def make_contracts(session: Session, *kinds: ContractKind, **fields: Any) -> list[ContractText]:
    """Return stored texts of these kinds, of all by default, in force for years; none twice."""
    return [_contract(session, kind, **fields) for kind in kinds or ContractKind]


def _contract(session: Session, kind: ContractKind, **fields: Any) -> ContractText:
    values: dict[str, Any] = {
        "kind": kind,
        "version": "2020-1",
        "language": "it",
        "title": f"Testo {kind}",
        "body": f"# Primo\nIl testo {kind}.\n\n- un punto;\n- un altro.",
        "valid_from": date(2020, 1, 1),
        "imported_at": NOW,
    } | fields
    names = {name: values[name] for name in ("kind", "version", "language")}
    known = session.scalars(select(ContractText).filter_by(**names)).one_or_none()
    whole = whole_text(values["title"], values["version"], values["valid_from"], values["body"])
    return known or _stored(session, ContractText(**values, sha256=fingerprint(whole)))


def make_convention(session: Session, agreed: Convention = DOCTORS) -> ConventionRow:
    """Return a stored convention, by default one of three years for 4.00 that the member pays."""
    values = {field.name: getattr(agreed, field.name) for field in fields(agreed)}
    return _stored(session, ConventionRow(**values))


def make_conventions(session: Session) -> None:
    """Store a convention of each kind: of DOCTORS, ARCHITECTS and LAWYERS."""
    for agreed in (DOCTORS, ARCHITECTS, LAWYERS):
        make_convention(session, agreed)


def make_draft(session: Session, account: Account | None = None, **fields: Any) -> RenewalDraft:
    """Return a stored draft of the account, or of the mailbox session given as `mailbox_id`."""
    values: dict[str, Any] = {
        "public_id": f"draft{next(_numbers):08}",
        "account_id": account.id if account else None,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return _stored(session, RenewalDraft(**values | fields))


def make_order(
    session: Session, mailboxes: Sequence[Mailbox], *, number: str | None = None, **fields: Any
) -> Order:
    """Return a stored order that renews each mailbox, as it is, for a year; unpaid and open by default.

    The owner is the first mailbox's account, or else the mailbox itself.
    """
    first, count = mailboxes[0], next(_numbers)
    account_id = first.account_id
    draft = make_draft(
        session,
        account_id=account_id,
        mailbox_id=None if account_id else first.id,
        state=DraftState.ORDERED,
    )
    net = 500 * len(mailboxes)
    values: dict[str, Any] = {
        "number": number or f"K{count:09}",
        "draft_id": draft.id,
        "account_id": account_id,
        "mailbox_id": first.id if len(mailboxes) == 1 else None,
        "state": OrderState.AWAITING_PAYMENT,
        "payment_method": PaymentMethod.BANK_TRANSFER,
        "net_cents": net,
        "vat_rate": Decimal(22),
        "vat_cents": net * 22 // 100,
        "gross_cents": net + net * 22 // 100,
        "due_cents": net + net * 22 // 100,
        "contact_email": "mario.rossi@posta.example",
        "placed_at": NOW,
    }
    order = _stored(session, Order(**values | fields))
    open_states = (OrderState.AWAITING_PAYMENT, OrderState.PAID)
    for position, mailbox in enumerate(mailboxes, start=1):
        session.add(_order_line(order, position, mailbox, is_open=order.state in open_states))
    session.flush()
    return order


def _order_line(order: Order, position: int, mailbox: Mailbox, *, is_open: bool) -> OrderLine:
    return OrderLine(
        order_id=order.id,
        position=position,
        mailbox_id=mailbox.id,
        address=mailbox.address,
        is_open=is_open,
        state=LineState.WAITING,
        plan_before=mailbox.plan,
        plan=mailbox.plan,
        extra_mailbox_gb=mailbox.extra_mailbox_gb,
        extra_archive_gb=mailbox.extra_archive_gb,
        term_years=1,
        base_net_cents=500,
        extra_mailbox_net_cents=0,
        extra_archive_net_cents=0,
        net_cents=500,
        expires_before=mailbox.expires_on,
        expires_after=add_years(mailbox.expires_on, 1),
    )


def schedule_change(
    session: Session, mailbox: Mailbox, effective_on: date, plan: Plan, **fields: Any
) -> ScheduledChange:
    """Return a stored change that waits for a mailbox, ordered by a fulfilled order of its own."""
    order = make_order(session, [mailbox], state=OrderState.FULFILLED)
    line_id = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()
    values: dict[str, Any] = {
        "mailbox_id": mailbox.id,
        "order_line_id": line_id,
        "effective_on": effective_on,
        "plan": plan,
        "extra_mailbox_gb": 0,
        "extra_archive_gb": 0,
    }
    return _stored(session, ScheduledChange(**values | fields))


def select_mailboxes(session: Session, account: Account, mailboxes: Iterable[Mailbox]) -> None:
    """Put the mailboxes into the account's selection."""
    session.add_all(
        SelectedMailbox(account_id=account.id, mailbox_id=mailbox.id, selected_at=NOW)
        for mailbox in mailboxes
    )
    session.flush()


def fill_account(
    session: Session,
    account: Account,
    count: int,
    *,
    first_expiry: date = TODAY,
    spread_days: int = 365,
    holder: Holder | None = None,
    domain: str = "pec.example",
    **fields: Any,
) -> None:
    """Store `count` mailboxes of the account, expiries spread evenly: 100,000 in a few seconds."""
    owner = holder or make_holder(session)
    first = (session.scalar(select(func.max(Mailbox.id))) or 0) + 1
    plans = (Plan.STANDARD, Plan.STANDARD, Plan.PRO, Plan.PREMIUM)
    for start in range(0, count, 10_000):
        session.execute(
            insert(Mailbox),
            [
                {
                    "address": f"casella.{first + place:07}@{domain}",
                    "account_id": account.id,
                    "holder_id": owner.id,
                    "of_account_holder": True,
                    "plan": plans[place % len(plans)],
                    "expires_on": first_expiry + timedelta(days=place * spread_days // count),
                    "mailbox_used_mb": place % 1024,
                    "created_at": NOW,
                }
                | fields
                for place in range(start, min(start + 10_000, count))
            ],
        )


def _stored(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
