"""A renewal being prepared, as far as a test wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.domain.access import Subject, SubjectKind
from portal.domain.contracts import Agreement, ContractKind
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.domain.plans import Plan
from portal.domain.pricing import Choice
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.usecases import contracts, draft_payments, line_changes, orders, renewals
from portal.usecases.draft_people import People, look_at_people
from portal.usecases.draft_totals import OpenDraft, look_at_draft
from portal.usecases.line_changes import ChangedLine, LineChange, PageMark
from portal.usecases.quotes import fingerprint_of, told_of
from portal.wiring import Services
from tests.factories import make_account, make_mailbox, make_prices, select_mailboxes

ADDRESS = "192.0.2.7"
USUAL = BankCalendar()


@dataclass(frozen=True)
class Cart:
    """Who prepares the renewal of which mailboxes, and the draft's name."""

    subject: Subject
    draft: str
    mailboxes: list[Mailbox]

    @property
    def addresses(self) -> list[str]:
        return [mailbox.address for mailbox in self.mailboxes]


def fill_cart(services: Services, *each: dict[str, Any]) -> Cart:
    """Return the draft of an account with a mailbox for each of the values given, in this order."""
    with services.transaction() as session:
        account = make_account(session)
        make_prices(session)
        boxes = [
            make_mailbox(session, account, **({"expires_in": 30 + number} | values))
            for number, values in enumerate(each)
        ]
        select_mailboxes(session, account, boxes)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        draft = renewals.start(session, subject, today=services.today(), now=services.now())
    return Cart(subject, draft, boxes)


def look(services: Services, cart: Cart) -> OpenDraft:
    """Return the draft with its sums."""
    with services.reading() as session:
        return look_at_draft(session, cart.subject, cart.draft, today=services.today())


def change(
    services: Services,
    cart: Cart,
    plan: Plan = Plan.STANDARD,
    mailbox_gb: int = 0,
    archive_gb: int = 0,
    years: int = 1,
    *,
    which: int = 0,
    accepted: bool = False,
    mark: PageMark | None = None,
) -> ChangedLine:
    """Post one row's choice, by default from a page drawn just now."""
    page = mark or PageMark(look(services, cart).facts.version, f"page-{which}-fresh", 0)
    wanted = LineChange(Choice(plan, mailbox_gb, archive_gb, years), accepted, page)
    with services.transaction() as session:
        return line_changes.change(
            session,
            cart.subject,
            cart.draft,
            cart.addresses[which],
            wanted,
            today=services.today(),
            now=services.now(),
        )


def choose_transfer(services: Services, cart: Cart) -> None:
    """Do the step «Pagamento»."""
    with services.transaction() as session:
        draft_payments.choose_method(
            session,
            cart.subject,
            cart.draft,
            PaymentMethod.BANK_TRANSFER,
            today=services.today(),
            now=services.now(),
            calendar=USUAL,
        )


def shown(services: Services, cart: Cart) -> orders.Shown:
    """Return what the step «Conferma» shows now."""
    draft = look(services, cart)
    totals = draft.totals
    return orders.Shown(totals.quote.due_cents, totals.version, fingerprint_of(told_of(draft)))


def agreement(services: Services, cart: Cart) -> Agreement:
    """Read and accept every text that the step «Conferma» shows."""
    with services.reading() as session:
        texts = contracts.texts_to_accept(session, today=services.today())
    return Agreement(
        {text.kind: text.id for text in texts}, frozenset(ContractKind), ADDRESS, start_requested=True
    )


def place(
    services: Services, cart: Cart, seen: orders.Shown | None = None, agreed: Agreement | None = None
) -> Order:
    """Confirm the order, by default at what is shown now and accepting every text."""
    before, answers = seen or shown(services, cart), agreed or agreement(services, cart)
    with services.transaction() as session:
        return orders.place_order(
            session,
            cart.subject,
            cart.draft,
            shown=before,
            agreement=answers,
            calendar=USUAL,
            now=services.now(),
        )


def people(services: Services, cart: Cart) -> People:
    """Return how far the data of the step «Dati» are."""
    draft_id = look(services, cart).facts.id
    with services.reading() as session:
        return look_at_people(session, cart.subject, draft_id, today=services.today(), now=services.now())
